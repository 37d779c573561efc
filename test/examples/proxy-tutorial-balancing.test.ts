import assert from 'node:assert/strict';
import {afterAll, describe, it} from 'vitest';
import {type Ask, askUntil, closeClients, createAsk, startLoad} from './tutorial-client.js';
import {endPrograms, type Program, startProgram, startUpstream} from './tutorial-program.js';

afterAll(async () => {
  await closeClients();
  await endPrograms();
});

describe('2: load balancing', () => {
  it('asks the upstreams in turn', async () => {
    const {ask, upstreams} = await startBalanced();
    const bodies: string[] = [];
    for (let round = 0; round < 6; round++) bodies.push((await ask('/')).body);
    const perPort = upstreams.map(({port}) => bodies.filter(body => body.includes(`of ${port}\n`)).length);
    assert.deepEqual(perPort, [2, 2, 2]);
  });

  it('fails no request when an upstream is killed under load, and uses it again when it is back', async () => {
    const {ask, upstreams, program} = await startBalanced();
    const [victim] = upstreams as [Program];
    const load = startLoad(ask);
    await load.more(100);
    await victim.end('SIGKILL');
    await program.line(new RegExp(`127.0.0.1:${victim.port} is unhealthy`));
    await load.more(100);
    await startUpstream(victim.port);
    await program.line(new RegExp(`127.0.0.1:${victim.port} is healthy`));
    await askUntil(
      () => ask('/'),
      ({body}) => body.endsWith(`of ${victim.port}\n`),
    );
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.deepEqual(new Set(load.answers.map(({status}) => status)), new Set([200]));
  });

  it('answers 503 when no upstream is left', async () => {
    const {ask, upstreams} = await startBalanced();
    await Promise.all(upstreams.map(upstream => upstream.end('SIGKILL')));
    const {status, fields} = await ask('/');
    assert.deepEqual([status, fields['retry-after']], [503, '1']);
  });
});

type Balanced = {readonly ask: Ask; readonly program: Program; readonly upstreams: readonly Program[]};

async function startBalanced(): Promise<Balanced> {
  const upstreams = await Promise.all([startUpstream(), startUpstream(), startUpstream()]);
  const ports = upstreams.map(({port}) => port).join();
  const program = await startProgram('2-load-balancing', {environment: {UPSTREAM_PORTS: ports, CHECK_MS: '100'}});
  return {ask: createAsk(program.origin), program, upstreams};
}
