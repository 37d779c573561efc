import assert from 'node:assert/strict';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it, onTestFinished, vi} from 'vitest';
import {openInBrowser} from '../../src/system/desktop.js';
import {run} from '../../src/system/exec.js';
import {temporaryFolder} from './support.js';

const URL = 'https://app.test/a?b=c&d';
const OPENER = process.platform === 'darwin' ? 'open' : 'xdg-open';

/** A machine whose only programs of this kind are these shell scripts. Returns their folder. */
function withOpeners(scripts: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(path.join(folder, name), `#!/bin/sh\ncd ${folder}\n${script}\n`, {mode: 0o755});
  }
  vi.stubEnv('PATH', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  return folder;
}

describe('opening the browser', () => {
  it('leaves an opener running that has become the browser, away from our terminal', {timeout: 15_000}, async () => {
    const folder = withOpeners({[OPENER]: 'echo $$ $1 >args; exec /bin/sleep 60'});
    assert.equal(await openInBrowser(URL), true);
    const [pid, url] = readFileSync(path.join(folder, 'args'), 'utf8').trim().split(' ');
    onTestFinished(() => void process.kill(Number(pid), 'SIGKILL'));
    assert.equal(url, URL);
    const {stdout} = await run({file: '/bin/ps', args: ['-o', 'pgid=', '-p', String(pid)]});
    assert.equal(stdout.trim(), pid);
  });

  it('is a success when the opener ends well, and a failure when it does not or there is none', async () => {
    withOpeners({[OPENER]: 'exit 0'});
    assert.equal(await openInBrowser(URL), true);
    withOpeners({[OPENER]: 'exit 3'});
    assert.equal(await openInBrowser(URL), false);
    withOpeners({});
    assert.equal(await openInBrowser(URL), false);
  });

  it.skipIf(process.platform !== 'linux')('asks the next opener when one fails', async () => {
    const folder = withOpeners({wslview: 'exit 1', 'xdg-open': ': >opened'});
    assert.equal(await openInBrowser(URL), true);
    assert.ok(existsSync(path.join(folder, 'opened')));
  });
});
