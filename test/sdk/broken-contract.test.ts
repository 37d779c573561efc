import assert from 'node:assert/strict';
import {afterEach, describe, it} from 'vitest';
import {openContractPipes} from '../../src/supervisor/contract-pipes.js';
import {endGroup} from '../../src/supervisor/process-group.js';
import {awaitReadiness, type Readiness} from '../../src/supervisor/readiness.js';
import {type SpawnedApp, spawnApp} from '../../src/supervisor/spawn.js';
import {systemClock} from '../../src/system/clock.js';
import {fixture} from '../helpers/project.js';
import {createRandom} from '../helpers/random.js';
import {commandSpec} from '../supervisor/apps.js';

// What tako makes of an app that says something else on its file descriptor 4 than the contract has.

const spawned: SpawnedApp[] = [];

afterEach(async () => {
  for (const child of spawned.splice(0)) {
    await endGroup(child.pid, 0, systemClock);
    child.close();
  }
});

async function readinessOf(garbage: Buffer, environment: NodeJS.ProcessEnv = {}): Promise<Readiness> {
  const spec = commandSpec([process.execPath, fixture('hand-written.mjs')], {
    environment: {PATH: process.env.PATH, GARBAGE: garbage.toString('hex'), ...environment},
    readyTimeoutMs: 3_000,
  });
  const child = await spawnApp(spec, 'the-marker', await openContractPipes());
  spawned.push(child);
  const {signal} = new AbortController();
  return awaitReadiness(
    {signs: child.signs, exited: child.exited, timeoutMs: spec.readyTimeoutMs, signal},
    systemClock,
  );
}

describe('on file descriptor 4', () => {
  it.each([
    ['a word', 'ready\n'],
    ['the port 0', '0\n'],
    ['a port beyond all', '65536\n'],
    ['a negative port', '-1\n'],
    ['a port and more', '3000 http\n'],
    ['a number that is not decimal', '0x1f90\n'],
    ['digits of other scripts', '３０００\n'],
    ['an empty line', '\n3000\n'],
    ['a line without an end', `${'1'.repeat(60_000)}`],
    ['bytes that are no text', Buffer.from([0, 255, 254, 10])],
  ])('%s is not taken for a port', async (_, garbage) => {
    const readiness = await readinessOf(Buffer.from(garbage));
    assert.equal(readiness.outcome, 'line-invalid');
  });

  it.each([
    ['with spaces around it', ' 4711 \r\n'],
    ['without a newline, when it is closed', '4711'],
    ['with a second line behind it', '4711\n4712\nand more\n'],
  ])('a port counts %s', async (_, text) => {
    const readiness = await readinessOf(Buffer.from(text));
    assert.deepEqual(readiness, {outcome: 'ready', endpoint: {host: '127.0.0.1', port: 4711, isTls: false}});
  });

  it('nothing at all is told from a line, and waited for to the deadline', async () => {
    const readiness = await readinessOf(Buffer.alloc(0));
    assert.equal(readiness.outcome === 'timed-out' && readiness.isPipeClosed, true);
  });

  it('any bytes end in a port or in a refusal', async () => {
    const random = createRandom(4);
    for (let round = 0; round < 6; round++) {
      const {outcome} = await readinessOf(Buffer.concat([random.bytes(1 + random.below(80)), Buffer.from('\n')]));
      assert.match(outcome, /^(?:ready|line-invalid)$/);
    }
  });
});
