import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {applyPlan} from '../../../src/ca/trust/apply-plan.js';
import type {TrustChange} from '../../../src/ca/trust/trust-store.js';
import {TakoError} from '../../../src/system/error.js';
import type {CommandResult, Run} from '../../../src/system/exec.js';
import {fakeCommands} from './support.js';

const change = (store: string, file: string, elevated = false): TrustChange => ({
  store,
  description: `do ${file}`,
  command: {file, args: [], elevated},
});

const failing = (stderr: string): Partial<CommandResult> => ({exitCode: 1, stderr});

describe('applying a plan', () => {
  it('runs every change in order and tells of each', async () => {
    const {run, commands} = fakeCommands({one: {}, two: {}, three: {}});
    const steps: string[] = [];
    const changes = [change('system', 'one', true), change('system', 'two', true), change('browser', 'three')];
    await applyPlan({changes}, run, {onStep: ({description}) => void steps.push(description)});
    assert.deepEqual(
      commands.map(({file}) => file),
      ['one', 'two', 'three'],
    );
    assert.deepEqual(steps, ['do one', 'do two', 'do three']);
  });

  it('leaves a store at its first failure and goes on with the others', async () => {
    const {run, commands} = fakeCommands({one: failing('certutil: bad password\n'), three: {}});
    const changes = [change('first', 'one'), change('first', 'two'), change('second', 'three')];
    await assert.rejects(applyPlan({changes}, run), {
      code: 'TRUST_FAILED',
      details: ['first: could not do one: certutil: bad password', 'done all the same: second'],
    });
    assert.deepEqual(
      commands.map(({file}) => file),
      ['one', 'three'],
    );
  });

  it('tells a refusal of rights from a command that fails', async () => {
    for (const stderr of [
      'sudo: 3 incorrect password attempts',
      'sudo: a terminal is required to read the password',
      'ann is not in the sudoers file.',
      'SecTrustSettingsSetTrustSettings: The authorization was canceled by the user.',
      'SecTrustSettingsSetTrustSettings: The authorization was denied since no user interaction was possible.',
    ]) {
      const {run} = fakeCommands({one: failing(stderr)});
      await assert.rejects(
        applyPlan({changes: [change('system', 'one', true)]}, run),
        {code: 'ELEVATION_REFUSED'},
        stderr,
      );
    }
    const {run} = fakeCommands({one: failing('install: cannot create regular file: Read-only file system')});
    await assert.rejects(applyPlan({changes: [change('system', 'one', true)]}, run), {code: 'TRUST_FAILED'});
  });

  it('says so when a command is not installed or has nothing to say', async () => {
    const {run} = fakeCommands({one: {exitCode: 7}});
    await assert.rejects(applyPlan({changes: [change('system', 'one'), change('browser', 'certutil')]}, run), {
      details: ['system: could not do one: exit code 7', 'browser: could not do certutil: certutil is not installed'],
    });
  });

  it('does what needs no rights when those are refused, and says so', async () => {
    const refused = new TakoError('ELEVATION_REFUSED', 'administrator rights were refused');
    const done: string[] = [];
    const run: Run = async ({file, elevated}) => {
      if (elevated) throw refused;
      done.push(file);
      return {exitCode: 0, stdout: '', stderr: ''};
    };
    const changes = [change('system', 'one', true), change('browser', 'two'), change('java', 'three', true)];
    await assert.rejects(applyPlan({changes}, run), {
      code: 'ELEVATION_REFUSED',
      details: [
        'system: could not do one: administrator rights were refused',
        'java: could not do three: administrator rights were refused',
        'done all the same: browser',
      ],
    });
    assert.deepEqual(done, ['two']);
  });

  it('records what is put into a store before it is, once for each of its steps', async () => {
    const installs = {
      store: {kind: 'nss', name: 'Chromium', path: '/db'},
      fingerprint: 'ab',
      certificate: 'PEM',
    } as const;
    const seen: string[] = [];
    const run: Run = async ({file}) => {
      seen.push(file);
      throw new TakoError('TOOL_MISSING', `${file} is not installed`);
    };
    const record = {add: async () => void seen.push('recorded')};
    await assert.rejects(applyPlan({changes: [{...change('browser', 'one'), installs}]}, run, {record}));
    assert.deepEqual(seen, ['recorded', 'one']);
  });

  it('takes a no in the dialog of Windows for a refusal', async () => {
    const {run} = fakeCommands({one: failing('The operation was canceled by the user. 0x800704c7')});
    const changes = [{...change('Windows', 'one'), asksUser: true}];
    await assert.rejects(applyPlan({changes}, run), {code: 'ELEVATION_REFUSED'});
  });

  it('does not hide a bug', async () => {
    const run = () => Promise.reject(new RangeError('a bug'));
    await assert.rejects(applyPlan({changes: [change('system', 'one')]}, run), RangeError);
  });
});
