import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {it} from 'vitest';
import type {LaunchSpec} from '../../src/supervisor/launch-spec.js';
import {createRandom, type Random} from '../helpers/random.js';
import {runs} from '../helpers/soak.js';
import {commandSpec, fixtureSpec, isAlive} from './apps.js';
import {createHarness, type Harness} from './harness.js';

const STEPS = 14;

const SPECS: readonly LaunchSpec[] = [
  fixtureSpec('fd4-server'),
  fixtureSpec('fd4-server', {restart: 'stop-first'}),
  fixtureSpec('slow-server', {ready: 'any'}),
  fixtureSpec('never-ready', {readyTimeoutMs: 200}),
  fixtureSpec('exits-early'),
  fixtureSpec('grandchild', {}, 'wait'),
  fixtureSpec('ignores-sigterm', {graceMs: 200}),
  commandSpec(['sh', '-c', 'echo 4000 >&4; sleep 0.1; exit 1']),
  commandSpec(['sh', '-c', 'echo nonsense >&4; sleep 600']),
  commandSpec(['no-such-program']),
];

/** What may happen to an app from outside; what is promised for it. */
const STEP_KINDS: readonly ((harness: Harness, random: Random) => Promise<unknown>)[] = [
  ({supervisor}, random) => supervisor.start(anySpec(random)),
  ({supervisor}, random) => supervisor.restart(anySpec(random)),
  ({supervisor}, random) => supervisor.restart(anySpec(random)),
  ({supervisor}) => supervisor.stop('web'),
  ({supervisor}) => supervisor.forget('web'),
  async harness => killServing(harness),
  async (_harness, random) => delay(random.below(300)),
];

const anySpec = (random: Random): LaunchSpec => SPECS[random.below(SPECS.length)] ?? fixtureSpec('fd4-server');

function killServing({supervisor}: Harness): void {
  const instance = supervisor.instance('web');
  if ('pid' in instance) process.kill(instance.pid, 'SIGKILL');
}

it('whatever happens to an app, none of its processes outlives it and everyone is answered', async () => {
  for (let seed = 1; seed <= runs(4); seed++) await live(createRandom(seed), seed);
}, 600_000);

async function live(random: Random, seed: number): Promise<void> {
  const before = readdirSync('/dev/fd').length;
  // A request that is never done keeps an old instance for as long as it may.
  const harness = createHarness(undefined, () => new Promise(() => {}));
  const outcomes: Promise<unknown>[] = [];
  for (let step = 0; step < STEPS; step++) {
    const kind = STEP_KINDS[random.below(STEP_KINDS.length)];
    if (kind) outcomes.push(kind(harness, random).catch(error => error));
    await delay(random.below(120));
  }
  await harness.supervisor.close();
  await Promise.all(outcomes);
  const alive = await Promise.all(pidsOf(harness).map(isAlive));
  assert.deepEqual(alive.filter(Boolean), [], `seed ${seed}`);
  assert.deepEqual(harness.records.all(), [], `seed ${seed}`);
  assert.ok(readdirSync('/dev/fd').length <= before, `descriptors of seed ${seed}`);
}

const pidsOf = ({events}: Harness): readonly number[] =>
  events.flatMap(({instance}) => [
    ...('pid' in instance ? [instance.pid] : []),
    ...('next' in instance ? [instance.next.pid] : []),
  ]);
