import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {applyPlan} from '../../../src/ca/trust/apply-plan.js';
import type {TrustChange} from '../../../src/ca/trust/trust-store.js';
import type {CommandResult} from '../../../src/system/exec.js';
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
    await applyPlan({changes}, run, ({description}) => void steps.push(description));
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
      details: ['first: could not do one: certutil: bad password'],
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

  it('does not hide a bug', async () => {
    const run = () => Promise.reject(new RangeError('a bug'));
    await assert.rejects(applyPlan({changes: [change('system', 'one')]}, run), RangeError);
  });
});
