import assert from 'node:assert/strict';
import {chmodSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import type {MachineReport} from '../../src/commands/doctor/examine-machine.js';
import {createMachine, MACHINE_PARTS} from '../helpers/machine/machine.js';
import {requires} from '../helpers/system-parts.js';

// A whole machine of the test's own: what is mended there is its files in /etc, its trust stores and its folders.

type Report = MachineReport & {readonly steps?: readonly {readonly title: string}[]};

const wrong = ({findings}: Report): readonly string[] =>
  findings.filter(({severity}) => severity !== 'ok').map(({id, observed}) => `${id}: ${observed}`);

describe.skipIf(requires(...MACHINE_PARTS, 'curl', 'getent'))('tako doctor --fix', () => {
  it('mends a machine that is broken in many ways, and then nothing is wrong', {timeout: 120_000}, async () => {
    const machine = await createMachine();
    onTestFinished(() => machine.close());
    const project = machine.project('shop');
    const data = path.join(machine.folder, 'home/.local/share/tako');
    // Only what a machine of a test can have right: the store of Java is another test's.
    const environment = {PATH: `${path.join(machine.folder, 'bin')}:/usr/sbin:/usr/bin:/sbin:/bin`};
    for (const name of ['chromium', 'keytool']) machine.program(name, 'echo not on this machine >&2; exit 127');
    machine.program('node', `exec ${process.execPath} "$@"`);
    const doctor = async (...flags: readonly string[]): Promise<Report> => {
      const {stdout, stderr} = await machine.runWith({environment}, 'tako', 'doctor', '--json', ...flags);
      assert.ok(stdout.startsWith('{"ok"'), stdout + stderr);
      return JSON.parse(stdout) as Report;
    };
    await machine.runWith({environment, cwd: project}, 'tako', 'ensure');
    const key = path.join(data, 'ca/ca.key');
    chmodSync(key, 0o644);
    writeFileSync(path.join(data, 'machine.json'), JSON.stringify({version: 1, changes: [HALF_DONE]}));

    const before = await doctor();
    assert.equal(before.ok, false);
    for (const id of ['file-modes', 'setup-changes', 'dns-lookup', 'trust-store', 'client-curl']) {
      assert.ok(
        wrong(before).some(text => text.startsWith(`${id}: `)),
        `${id} in ${wrong(before)}`,
      );
    }
    const after = await doctor('--fix', '--yes');
    assert.ok((after.steps?.length ?? 0) > 2, JSON.stringify(after.steps));
    assert.equal(statSync(key).mode & 0o777, 0o600);
    const left = (report: Report) =>
      wrong(report).filter(text => !/not on this machine|chromium|keytool|Java/.test(text));
    assert.deepEqual(left(after), []);
    assert.deepEqual(left(await doctor()), []);
    const curl = after.findings.find(({id}) => id === 'client-curl');
    assert.equal(curl?.observed, 'curl opens https://tako.test and trusts its certificate');
  });
});

/** As a setup that was killed leaves it. */
const HALF_DONE = {
  ...{id: 'names-old', title: 'a way that was begun', state: 'begun'},
  ...{files: [], apply: [], beforeUndo: [], afterUndo: []},
};
