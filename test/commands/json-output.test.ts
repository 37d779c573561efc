import assert from 'node:assert/strict';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {createProject} from '../helpers/project.js';
import {shareTako} from '../helpers/shared-tako.js';
import {createTako} from '../helpers/tako.js';
import {documentOf, temporaryFolder} from './support.js';

// Each command of this machine once, with an app that runs: `run` holds what they print against their schemas. Those
// about servers are in test/e2e/deploy, `tako proxy` in proxy.test.ts, `tako events` in events.test.ts.

const tako = shareTako();

describe('what commands print with --json', () => {
  it('is as their schemas say', async () => {
    const project = createProject('described');
    onTestFinished(project.remove);
    const print = async (...args: string[]): Promise<Record<string, unknown>> =>
      documentOf(await tako.run([...args, '--json'], {cwd: project.directory}));
    const {apps} = (await print('ensure')) as {apps: {name: string; state: string}[]};
    assert.deepEqual(
      apps.map(({name, state}) => [name, state]),
      [['described', 'ready']],
    );
    await print('status');
    await print('dev', 'list');
    const {stdout} = await tako.run(['logs', 'described', '--json']);
    assert.match(stdout, /"stream":"tako"/);
    await print('restart');
    assert.deepEqual((await print('stop')).stopped, ['described']);
    await print('ensure');
    assert.deepEqual((await print('dev', 'stop', 'described')).stopped, ['described']);
    await print('version');
    await print('servers', 'list');
    await print('init', path.join(temporaryFolder(), 'new'));
  });

  it('of commands about this machine, which change nothing, is too', async () => {
    const machine = createTako({HOME: temporaryFolder()});
    onTestFinished(() => machine.close());
    for (const args of [
      ['trust', '--dry-run'],
      ['untrust', '--dry-run'],
      ['setup', '--undo', '--dry-run'],
      ['uninstall', '--dry-run'],
      ['setup', '--zone', 'dev.example.com', '--dry-run'],
    ]) {
      documentOf(await machine.run([...args, '--json']));
    }
    const {stdout} = await machine.run(['doctor', '--json']);
    assert.ok(JSON.parse(stdout).findings.length > 0);
  });
});
