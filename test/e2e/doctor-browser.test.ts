import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {readRoot} from '../../src/ca/root.js';
import type {MachineReport} from '../../src/commands/doctor/examine-machine.js';
import {trustInStore} from '../helpers/chromium.js';
import {pathWith} from '../helpers/programs.js';
import {requires} from '../helpers/system-parts.js';
import {createTako} from '../helpers/tako.js';

// The user's own browser, as doctor tries it: headless, with the certificate store of the user.

describe.skipIf(requires('chromium', 'certutil'))('tako doctor with Chromium (chromium, certutil)', () => {
  it('says that it does not trust the root, and once that is in its store, that it opens the address', async () => {
    const home = mkdtempSync(path.join(tmpdir(), 'tako-doctor-home-'));
    onTestFinished(() => rmSync(home, {recursive: true, force: true, maxRetries: 5}));
    const tako = createTako({HOME: home});
    onTestFinished(() => tako.close());
    await tako.dev(tako.home, 'sh', '-c', 'echo 4000 >&4; exec sleep 600').ready();
    // Its launcher is a script.
    const tools = [
      'chromium',
      'certutil',
      'getent',
      'sh',
      'bash',
      'ls',
      'cat',
      'dirname',
      'basename',
      'readlink',
      'expr',
    ];
    const PATH = pathWith(home, ...tools, 'uname', 'grep', 'sed', 'test', 'which', 'id', 'env', 'tr', 'head', 'awk');
    const find = async () => {
      const {stdout} = await tako.run(['doctor', '--json'], {env: {PATH}});
      const {findings} = JSON.parse(stdout) as MachineReport;
      const finding = findings.find(({id}) => id === 'client-chromium');
      assert.ok(finding, 'Chromium is tried');
      return finding;
    };
    const before = await find();
    assert.deepEqual([before.severity, before.fix], ['warning', 'tako trust'], before.observed);
    assert.match(before.observed, /does not trust the certificate: it reads the store of the browser/);
    const {daemon} = await tako.status();
    const root = await readRoot(daemon?.rootCertificate ?? '');
    assert.ok(root);
    await trustInStore(home, root);
    const after = await find();
    assert.equal(after.severity, 'ok', after.observed);
    assert.match(after.observed, /^chromium opens https:\/\/tako\.\w+ and trusts its certificate$/);
  });
});
