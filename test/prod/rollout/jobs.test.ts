import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import type {JobEvent} from '../../../src/control/server-methods.js';
import {createJobs, type JobWork} from '../../../src/prod/rollout/jobs.js';
import {openState} from '../../../src/prod/state/state.js';
import {systemClock} from '../../../src/system/clock.js';
import {errorCode, TakoError} from '../../../src/system/error.js';

const NAME = {app: 'shop', environment: 'production'};
const REQUEST = {
  kind: 'deploy',
  deployment: NAME,
  release: 'a1b2c3d4e5f6',
  by: 'me@laptop',
  manifestHash: 'a'.repeat(64),
} as const;
const NOBODY_LEAVES = new AbortController().signal;

function open() {
  const folder = mkdtempSync(path.join(tmpdir(), 'tako-jobs-'));
  const state = openState(path.join(folder, 'server.sqlite'));
  onTestFinished(() => {
    state.close();
    rmSync(folder, {recursive: true});
  });
  state.deployments.ensure(NAME, 1);
  return {state, jobs: createJobs({journal: state.jobs, owner: 'this process', clock: systemClock})};
}

const succeed: JobWork = async ({step, output}) => {
  await step('prepare', async () => output('12 files'));
  await step('start', async () => undefined);
  return {id: REQUEST.release};
};

const shape = ({step, ...event}: JobEvent) => `${step} ${event.type === 'output' ? event.text : event.type}`;

describe('a job', () => {
  it('is followed from its beginning to its end, each event once', async () => {
    const {jobs} = open();
    const {id} = jobs.start(REQUEST, succeed);
    const events: JobEvent[] = [];
    const result = await jobs.follow(id, 0, event => events.push(event), NOBODY_LEAVES);
    assert.deepEqual(result, {outcome: 'succeeded', release: REQUEST.release});
    assert.deepEqual(events.map(shape), [
      'prepare started',
      'prepare 12 files',
      'prepare done',
      'start started',
      'start done',
    ]);
    assert.deepEqual(
      events.map(({sequence}) => sequence),
      [1, 2, 3, 4, 5],
    );
  });

  it("whose end cannot be written as the disk is full has ended all the same, and is in nobody's way", async () => {
    const {state} = open();
    let isFull = false;
    const write = <T>(work: () => T): T => {
      if (isFull) throw new TakoError('DISK_FULL', 'the disk is full');
      return work();
    };
    const journal = {
      ...state.jobs,
      start: (...given: Parameters<typeof state.jobs.start>) => write(() => state.jobs.start(...given)),
      append: (...given: Parameters<typeof state.jobs.append>) => write(() => state.jobs.append(...given)),
      finish: (...given: Parameters<typeof state.jobs.finish>) => write(() => state.jobs.finish(...given)),
    };
    const jobs = createJobs({journal, owner: 'this process', clock: systemClock});
    const follow = (id: string) => jobs.follow(id, 0, () => undefined, NOBODY_LEAVES);
    const {id} = jobs.start(REQUEST, async ({step}) => {
      isFull = true;
      return step('start', async () => ({id: REQUEST.release}));
    });
    const result = await follow(id);
    assert.ok(result.outcome === 'failed' && result.problem.code === 'DISK_FULL', JSON.stringify(result));
    assert.equal(jobs.running(NAME), undefined);
    assert.deepEqual(await follow(id), result);
    assert.throws(
      () => jobs.start(REQUEST, succeed),
      error => errorCode(error) === 'DISK_FULL',
    );
    isFull = false;
    const next = jobs.start(REQUEST, succeed);
    assert.equal((await follow(next.id)).outcome, 'succeeded');
    assert.deepEqual(state.jobs.find(id)?.result, result);
  });

  it('can be asked for when it is over, also after some of its events', async () => {
    const {jobs} = open();
    const {id} = jobs.start(REQUEST, succeed);
    await jobs.follow(id, 0, () => undefined, NOBODY_LEAVES);
    const events: JobEvent[] = [];
    const result = await jobs.follow(id, 3, event => events.push(event), NOBODY_LEAVES);
    assert.equal(result.outcome, 'succeeded');
    assert.deepEqual(events.map(shape), ['start started', 'start done']);
  });

  it('goes on when whoever follows it leaves', async () => {
    const {jobs, state} = open();
    const going = Promise.withResolvers<void>();
    const {id} = jobs.start(REQUEST, async job => {
      await job.step('prepare', () => going.promise);
      return succeed(job);
    });
    const leaving = new AbortController();
    const heard: string[] = [];
    const followed = jobs.follow(id, 0, event => heard.push(shape(event)), leaving.signal);
    leaving.abort();
    going.resolve();
    assert.equal((await followed).outcome, 'succeeded');
    assert.ok(!heard.includes('start done'));
    assert.equal(state.jobs.find(id)?.state, 'succeeded');
  });

  it('that fails says in which step and why', async () => {
    const {jobs} = open();
    const refused = new TakoError('RELEASE_UNHEALTHY', 'it does not answer', {
      hint: 'look at its log',
      details: ['503'],
    });
    const {id} = jobs.start(REQUEST, ({step}) => step('health', () => Promise.reject(refused)));
    assert.deepEqual(await jobs.follow(id, 0, () => undefined, NOBODY_LEAVES), {
      outcome: 'failed',
      step: 'health',
      problem: {code: 'RELEASE_UNHEALTHY', message: 'it does not answer', hint: 'look at its log', details: ['503']},
    });
  });

  it('is the only one of its deployment, and says whose it is', async () => {
    const {jobs} = open();
    const going = Promise.withResolvers<void>();
    const {id} = jobs.start(REQUEST, async job => {
      await going.promise;
      return succeed(job);
    });
    assert.equal(jobs.running(NAME)?.id, id);
    assert.throws(
      () => jobs.start({...REQUEST, by: 'you@desk'}, succeed),
      error => errorCode(error) === 'DEPLOY_UNDER_WAY' && (error as TakoError).details.join().includes('me@laptop'),
    );
    going.resolve();
    await jobs.follow(id, 0, () => undefined, NOBODY_LEAVES);
    assert.equal(jobs.running(NAME), undefined);
    jobs.start({...REQUEST, by: 'you@desk'}, succeed);
  });

  it('is given up when it is cancelled', async () => {
    const {jobs} = open();
    const {id} = jobs.start(REQUEST, ({signal, step}) =>
      step('start', () => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))),
    );
    queueMicrotask(() => queueMicrotask(() => jobs.cancel(id)));
    const result = await jobs.follow(id, 0, () => undefined, NOBODY_LEAVES);
    assert.ok(result.outcome === 'failed' && result.problem.code === 'DEPLOY_CANCELLED');
  });

  it('that nobody knows is told from one that is over', async () => {
    const {jobs} = open();
    await assert.rejects(
      jobs.follow('nothing', 0, () => undefined, NOBODY_LEAVES),
      error => errorCode(error) === 'NO_SUCH_JOB',
    );
  });
});

describe('jobs that are held, as the server is to be replaced', () => {
  it('do not begin until they are let go', () => {
    const {jobs} = open();
    const letGo = jobs.hold();
    assert.throws(
      () => jobs.start(REQUEST, succeed),
      error => errorCode(error) === 'SERVER_ENDING',
    );
    letGo();
    jobs.start(REQUEST, succeed);
  });

  it('cannot be held while one is under way', async () => {
    const {jobs} = open();
    const {id} = jobs.start(REQUEST, succeed);
    assert.throws(jobs.hold, error => errorCode(error) === 'DEPLOY_UNDER_WAY');
    await jobs.follow(id, 0, () => undefined, NOBODY_LEAVES);
    jobs.hold();
  });
});
