import assert from 'node:assert/strict';
import {chmodSync, readdirSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import type {Change} from '../../../src/system/changes/change.js';
import {planChanges} from '../../../src/system/changes/plan-changes.js';
import {type Run, run} from '../../../src/system/exec.js';
import {bring, createMachine, read, snapshot} from './support.js';

describe('a change of the machine', () => {
  it('is made, stands, and is taken back to the byte', async () => {
    const {at, change, records} = createMachine();
    const before = snapshot(at('.'));
    await bring([change], await records());
    assert.equal(read(at('resolved.conf.d/deep/tako.conf')), 'DNS=127.0.0.1 a.test\n');
    assert.match(
      read(at('hosts')) ?? '',
      /^127\.0\.0\.1 localhost\n\n# mine\n# tako begin.*\n127\.0\.0\.1 a\.test\n# tako end\n$/,
    );
    assert.equal(statSync(at('hosts')).mode & 0o777, 0o640);
    assert.deepEqual(planChanges([change], (await records()).all, read), []);
    await bring([], await records());
    assert.deepEqual(snapshot(at('.')), before);
    assert.deepEqual((await records()).all, []);
    assert.equal(read(at('service.log')), 'restart\nstop\nrestart\n');
  });

  it('that is wanted otherwise replaces what it wrote, and still goes back to what was before tako', async () => {
    const {at, changeOf, records} = createMachine();
    const before = snapshot(at('.'));
    await bring([changeOf(['a.test'])], await records());
    await bring([changeOf(['a.test', 'b.test'])], await records());
    assert.equal(read(at('hosts'))?.match(/tako begin/g)?.length, 1);
    assert.match(read(at('hosts')) ?? '', /b\.test/);
    await bring([], await records());
    assert.deepEqual(snapshot(at('.')), before);
  });

  it('that the machine has lost is applied again, and is still taken back to the byte', async () => {
    const {at, change, records} = createMachine();
    const before = snapshot(at('.'));
    const applied = (): number => (read(at('service.log'))?.match(/restart/g) ?? []).length;
    await bring([change], await records());
    await bring([{...change, isInEffect: true}], await records());
    assert.equal(applied(), 1);
    await bring([{...change, isInEffect: false}], await records());
    assert.equal(applied(), 2);
    await bring([], await records());
    assert.deepEqual(snapshot(at('.')), before);
  });

  it('leaves what others wrote meanwhile into a file they share', async () => {
    const {at, change, records} = createMachine();
    await bring([change], await records());
    writeFileSync(at('hosts'), `10.0.0.1 vpn\n${read(at('hosts'))}10.0.0.2 later\n`);
    await bring([], await records());
    assert.equal(read(at('hosts')), '10.0.0.1 vpn\n127.0.0.1 localhost\n\n# mine\n10.0.0.2 later\n');
  });

  it('leaves a file of its own that somebody has edited, and says so', async () => {
    const {at, change, records} = createMachine();
    await bring([change], await records());
    writeFileSync(at('resolved.conf.d/deep/tako.conf'), 'edited');
    const left: string[] = [];
    await bring([], await records(), {onLeft: text => left.push(text)});
    assert.deepEqual(left, [
      `${at('resolved.conf.d/deep/tako.conf')} was changed by somebody else, and is left as it is`,
    ]);
    assert.equal(read(at('resolved.conf.d/deep/tako.conf')), 'edited');
    assert.doesNotMatch(read(at('hosts')) ?? '', /tako/);
  });

  it('follows a link, and keeps it', async () => {
    const {at, change, records} = createMachine();
    writeFileSync(at('real-hosts'), 'real\n');
    const linked: Change = {...change, files: [{path: at('link'), elevated: false, block: ['x']}]};
    symlinkSync(at('real-hosts'), at('link'));
    await bring([linked], await records());
    assert.match(read(at('real-hosts')) ?? '', /^real\n# tako begin/);
    await bring([], await records());
    assert.equal(read(at('real-hosts')), 'real\n');
    assert.ok(readdirSync(at('.')).includes('link'));
  });

  it('that fails says which step, and is completed by the next run', async () => {
    const {at, change, records} = createMachine();
    const failing: Change = {...change, apply: [{file: 'sh', args: ['-c', 'echo no such service >&2; exit 5']}]};
    await assert.rejects(bring([failing], await records()), {code: 'CHANGE_FAILED', details: ['no such service']});
    assert.equal((await records()).find('names')?.state, 'begun');
    await bring([change], await records());
    assert.equal((await records()).find('names')?.state, 'done');
    assert.equal(read(at('service.log')), 'restart\n');
  });

  it('goes back where what it would stop is not there any more', async () => {
    const {at, change, records} = createMachine();
    const before = snapshot(at('.'));
    await bring([{...change, beforeUndo: [{file: 'no-such-program', args: []}]}], await records());
    const left: string[] = [];
    await bring([], await records(), {onLeft: text => left.push(text)});
    assert.deepEqual(left, ['no-such-program is not installed']);
    assert.deepEqual(snapshot(at('.')), before);
  });

  it('keeps its record where that cannot be read', async () => {
    const {folder, records} = createMachine();
    writeFileSync(path.join(folder, 'records.json'), '{"version": 1');
    await assert.rejects(records(), {code: 'RECORDS_DAMAGED'});
    assert.equal(read(path.join(folder, 'records.json')), '{"version": 1');
  });
});

describe('a file that can only be written in its place', () => {
  it('is, and keeps its mode', async () => {
    const {at, change, records} = createMachine();
    chmodSync(at('hosts'), 0o600);
    const mounted: Run = async (command, options) =>
      command.file === 'mv' ? {exitCode: 1, stdout: '', stderr: 'Device or resource busy'} : run(command, options);
    await bring([change], await records(), {run: mounted});
    assert.match(read(at('hosts')) ?? '', /a\.test/);
    assert.equal(statSync(at('hosts')).mode & 0o777, 0o600);
    assert.deepEqual(
      readdirSync(at('.')).filter(name => name.endsWith('.tako-new')),
      [],
    );
  });
});
