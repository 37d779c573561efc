import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {Instance} from '../../src/supervisor/instance.js';
import {commandSpec, fixtureSpec, isAlive} from './apps.js';
import {failureOf, harnessOfEachTest} from './harness.js';

const {harness, supervisor} = harnessOfEachTest();

describe('starting', () => {
  it('answers with the address of an app that serves', async () => {
    const {host, port, pid, isTls} = await supervisor.start(fixtureSpec('fd4-server'));
    const response = await fetch(`http://${host}:${port}/`);
    assert.equal(await response.text(), String(pid));
    const {startedAt, ...instance} = supervisor.instance('web') as Instance & {state: 'ready'};
    assert.deepEqual(instance, {state: 'ready', pid, endpoint: {host, port, isTls}});
    assert.ok(Math.abs(Date.now() - startedAt) < 30_000);
  });

  it('is one start, however many ask for it', async () => {
    const spec = fixtureSpec('fd4-server');
    const upstreams = await Promise.all(Array.from({length: 50}, () => supervisor.start(spec)));
    assert.equal(new Set(upstreams.map(({pid}) => pid)).size, 1);
    assert.deepEqual(await supervisor.start(spec), upstreams[0]);
    assert.deepEqual(harness.states(), ['starting', 'ready']);
  });

  it('of different apps goes on side by side', async () => {
    const apps = ['a', 'b', 'c', 'd'];
    const upstreams = await Promise.all(apps.map(app => supervisor.start(fixtureSpec('fd4-server', {app}))));
    assert.equal(new Set(upstreams.map(({port}) => port)).size, 4);
  });

  it('goes on when one who waits for it leaves', async () => {
    const leaving = new AbortController();
    const spec = fixtureSpec('fd4-server');
    const left = supervisor.start(spec, leaving.signal);
    const stayed = supervisor.start(spec);
    leaving.abort(new Error('hung up'));
    await assert.rejects(left, /hung up/);
    assert.ok((await stayed).port > 0);
  });

  it('does not begin for one who has left already', async () => {
    await assert.rejects(supervisor.start(fixtureSpec('fd4-server'), AbortSignal.abort()));
    assert.deepEqual(harness.events, []);
  });

  it('writes what it does to the log of the app', async () => {
    const {port, pid} = await supervisor.start(fixtureSpec('says', {}, '4000\n'));
    await supervisor.stop('web');
    const [started = '', ready = '', ...rest] = harness.saidByTako();
    assert.match(started, new RegExp(`^pid ${pid} started: .*says\\.mjs`));
    assert.match(ready, new RegExp(`^pid ${pid} is ready on port ${port} after \\d+ ms$`));
    assert.deepEqual(rest, [`pid ${pid} stopped`]);
  });
});

describe('a start that fails', () => {
  it('tells how the app exited and what it said last, and leaves it exited', async () => {
    const error = await failureOf(supervisor.start(fixtureSpec('exits-early')));
    assert.equal(error.code, 'APP_EXITED_EARLY');
    assert.equal(error.message, 'web exited with code 3 before it was ready');
    assert.deepEqual(error.exit, {code: 3, signal: null});
    assert.deepEqual([...error.lastLines].sort(), ['no database at hand', 'reading the settings']);
    assert.deepEqual(error.details, error.lastLines);
    assert.equal(supervisor.instance('web').state, 'exited');
  });

  it('tells all who wait', async () => {
    const spec = fixtureSpec('exits-early');
    const errors = await Promise.all([1, 2, 3].map(() => failureOf(supervisor.start(spec))));
    assert.equal(new Set(errors).size, 1);
  });

  it('tells after the deadline what the app has to do', async () => {
    const error = await failureOf(supervisor.start(fixtureSpec('never-ready', {readyTimeoutMs: 700})));
    assert.equal(error.code, 'APP_NOT_READY');
    assert.equal(error.message, 'web did not write its port to file descriptor 4 within 0.7 s');
    assert.match(error.hint ?? '', /file descriptor 4/);
    const [started = '', ...rest] = harness.saidByTako();
    const pid = /^pid \d+/.exec(started)?.[0];
    assert.deepEqual(rest, [`${pid}: ${error.message}`]);
  });

  it('tells after the deadline that the descriptor was closed', async () => {
    const spec = commandSpec(['sh', '-c', 'exec 4>&-; exec sleep 600'], {readyTimeoutMs: 700});
    const error = await failureOf(supervisor.start(spec));
    assert.match(error.message, /; it closed the descriptor without a line$/);
    assert.match(error.hint ?? '', /npm/);
  });

  it('shows a line that is no port', async () => {
    const error = await failureOf(supervisor.start(fixtureSpec('says', {}, 'hello\n')));
    assert.equal(error.code, 'READY_LINE_INVALID');
    assert.equal(error.message, 'web wrote "hello" to file descriptor 4, not its port');
  });

  it('tells its waiters at once, however long the app takes to end', async () => {
    const spec = commandSpec(['sh', '-c', 'trap "" TERM; echo up; echo no >&4; while :; do sleep 600; done'], {
      graceMs: 700,
    });
    await failureOf(supervisor.start(spec));
    const {pid} = supervisor.instance('web') as Instance & {state: 'draining'};
    assert.equal(await isAlive(pid), true);
    await harness.untilState('stopped');
    assert.equal(await isAlive(pid), false);
  });

  it('ends the whole group', async () => {
    const spec = commandSpec(['sh', '-c', 'sleep 600 & echo $!; exit 4']);
    const {lastLines} = await failureOf(supervisor.start(spec));
    await supervisor.stop('web');
    assert.equal(await isAlive(Number(lastLines[0])), false);
  });

  it('without a process leaves the app stopped and no record', async () => {
    const error = await failureOf(supervisor.start(commandSpec(['no-such-program'])));
    assert.equal(error.code, 'COMMAND_NOT_FOUND');
    assert.deepEqual(supervisor.instance('web'), {state: 'stopped'});
    assert.deepEqual(harness.saidByTako(), [error.message]);
    assert.deepEqual(harness.records.all(), []);
  });

  it('is not remembered', async () => {
    await failureOf(supervisor.start(fixtureSpec('exits-early')));
    assert.ok((await supervisor.start(fixtureSpec('fd4-server'))).port > 0);
  });
});
