import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {createExecs} from '../../../src/prod/server/execs.js';
import {openContractPipes} from '../../../src/supervisor/contract-pipes.js';
import {spawnApp} from '../../../src/supervisor/spawn.js';
import {systemClock} from '../../../src/system/clock.js';
import {KEY, openWorld, SHOP} from './world.js';

const never = new AbortController().signal;

async function openExecs() {
  const world = await openWorld();
  await world.deploy(await world.uploadServer('serving'));
  const deployment = world.deployments.find(SHOP);
  const {release} = deployment;
  assert.ok(release);
  const place = {deployment: KEY, dataFolder: world.root, nodeFile: process.execPath, token: 'token'};
  const execs = createExecs(
    {placeOf: async () => place},
    {clock: systemClock, spawn: async (spec, id) => spawnApp(spec, id, await openContractPipes())},
  );
  const lines: string[] = [];
  const run = (script: string) =>
    execs.run(Object.assign(deployment, {release}), ['sh', '-c', script], (_, text) => void lines.push(text), never);
  return {execs, lines, run};
}

describe('a command in the environment of a release', () => {
  it('goes on when the server is reloaded, and ends as itself', async () => {
    const {execs, lines, run} = await openExecs();
    const ended = run('echo $ENV; sleep 0.2; exit 3');
    execs.endAfter(60_000);
    const {code} = await ended;
    assert.deepEqual([code, lines], [3, ['production']]);
  });

  it('is ended when it takes too long after that, and whoever waits is told why', async () => {
    const {execs, lines, run} = await openExecs();
    const ended = run('trap "echo asked to end; exit 0" TERM; while :; do sleep 0.05; done');
    execs.endAfter(300);
    await assert.rejects(ended, {code: 'EXEC_ENDED'});
    assert.ok(lines.includes('asked to end'), lines.join());
  });
});
