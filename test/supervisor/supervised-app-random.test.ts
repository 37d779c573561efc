import assert from 'node:assert/strict';
import fc from 'fast-check';
import {it} from 'vitest';
import type {LaunchSpec} from '../../src/supervisor/launch-spec.js';
import {runs} from '../helpers/soak.js';
import {createFakeApp, PROGRAMS, programSpec} from './fake-processes.js';

type FakeApp = ReturnType<typeof createFakeApp>;

type Step =
  | {readonly type: 'start' | 'restart'; readonly spec: LaunchSpec}
  | {readonly type: 'stop'}
  | {readonly type: 'kill' | 'rebind'; readonly which: number}
  /** Lets only as much of what is under way go on: what comes next comes in the middle of it. */
  | {readonly type: 'tick'; readonly times: number}
  | {readonly type: 'wait'; readonly ms: number};

type Drain = 'at-once' | 'slow' | 'never' | 'fails';

it('an app never reaches an impossible state, leaks no process and leaves nobody waiting', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, {minLength: 1, maxLength: 30}), anyDrain, async (steps, drain) => {
      const fake = createFakeApp(() => drainBy(drain, fake));
      const outcomes: Promise<unknown>[] = [];
      for (const step of steps) {
        outcomes.push(take(step, fake).catch(error => error));
        if (step.type === 'tick') await tick(step.times);
        if (step.type === 'wait') await fake.clock.advance(step.ms);
        if (step.type === 'wait') assertConsistent(fake);
      }
      await fake.clock.advance(100_000);
      await Promise.all(outcomes);
      assertAtRest(fake);
      const stop = fake.app.stop();
      await fake.clock.advance(100_000);
      await stop;
      assertEnded(fake);
    }),
    {seed: 4, numRuns: runs(2_000)},
  );
}, 120_000);

async function take(step: Step, {app, processes}: FakeApp): Promise<unknown> {
  switch (step.type) {
    case 'start':
      return app.start(step.spec);
    case 'restart':
      return app.restart(step.spec);
    case 'stop':
      return app.stop();
    case 'kill':
      return processes.at(-step.which)?.exit({code: null, signal: 'SIGKILL'});
    case 'rebind':
      return processes.at(-step.which)?.rebind(5_000);
    case 'tick':
    case 'wait':
      return;
  }
}

async function tick(times: number): Promise<void> {
  for (let time = 0; time < times; time++) await Promise.resolve();
}

function drainBy(drain: Drain, {clock}: FakeApp): Promise<void> {
  switch (drain) {
    case 'at-once':
      return Promise.resolve();
    case 'slow':
      return clock.sleep(700);
    case 'never':
      return new Promise(() => {});
    case 'fails':
      return Promise.reject(new Error('the gateway is broken'));
  }
}

function assertConsistent({app, running, mostAtOnce}: FakeApp): void {
  const instance = app.instance();
  const pids = running().map(({pid}) => pid);
  assert.ok(mostAtOnce() <= 2, `${mostAtOnce()} at once`);
  assert.equal(app.serving() !== undefined, instance.state === 'ready');
  if (instance.state === 'ready') assert.equal(app.serving()?.pid, instance.pid);
  if (instance.state === 'ready' || instance.state === 'starting') assert.ok(pids.includes(instance.pid));
  if (instance.state === 'restarting') {
    assert.deepEqual(
      [instance.pid, instance.next.pid].filter(pid => !pids.includes(pid)),
      [],
    );
  }
  if (instance.state === 'stopped') assert.deepEqual(pids, []);
}

/** Long after the last that happened: nothing is under way any more. */
function assertAtRest({app, running}: FakeApp): void {
  const {state} = app.instance();
  assert.ok(['stopped', 'ready', 'exited'].includes(state), state);
  assert.equal(running().length, state === 'ready' ? 1 : 0);
  assert.equal(app.isIdle(), state !== 'ready');
}

function assertEnded({app, running, clock}: FakeApp): void {
  assert.ok(['stopped', 'exited'].includes(app.instance().state));
  assert.deepEqual(running(), []);
  assert.equal(clock.sleeping, 0, 'nothing is left to happen');
}

const anySpec: fc.Arbitrary<LaunchSpec> = fc
  .record({
    program: fc.constantFrom(...PROGRAMS, 'serves' as const, 'serves' as const),
    restart: fc.constantFrom('start-first' as const, 'stop-first' as const),
    ready: fc.constantFrom('fd' as const, 'any' as const),
    port: fc.constantFrom(undefined, undefined, 3_000),
    graceMs: fc.constantFrom(100, 2_000),
  })
  .map(({program, ...changes}) => programSpec(program, changes));

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({type: fc.constantFrom('start' as const, 'restart' as const), spec: anySpec}),
  fc.record({type: fc.constantFrom('kill' as const, 'rebind' as const), which: fc.constantFrom(1, 2)}),
  fc.constant({type: 'stop' as const}),
  fc.record({type: fc.constant('tick' as const), times: fc.integer({min: 1, max: 12})}),
  fc.record({type: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 5, 21, 100, 300, 1_000, 6_000)}),
);

const anyDrain = fc.constantFrom<Drain>('at-once', 'slow', 'never', 'fails');
