import assert from 'node:assert/strict';
import {PassThrough} from 'node:stream';
import {describe, it} from 'vitest';
import type {Exit} from '../../src/supervisor/instance.js';
import {awaitReadiness, parseReadyLine, type Readiness} from '../../src/supervisor/readiness.js';
import {createSigns} from '../../src/supervisor/readiness-signs.js';
import {NO_REPORTS} from '../../src/supervisor/report-channel.js';
import {type Clock, systemClock} from '../../src/system/clock.js';

describe('the line on file descriptor 4', () => {
  it.each([
    ['4000', 4000],
    [' 4000\r', 4000],
    ['1', 1],
    ['65535', 65_535],
  ])('is a port: %j', (line, port) => {
    assert.deepEqual(parseReadyLine(line), {outcome: 'ready', endpoint: {host: '127.0.0.1', port, isTls: false}});
  });

  it.each(['', '0', '65536', '-1', '4000.5', '0x10', '4000 4001', 'ready', '٤'])('is no port: %j', line => {
    assert.deepEqual(parseReadyLine(line), {outcome: 'line-invalid', line});
  });
});

describe('readiness', () => {
  it('comes with a line, in however many pieces', async () => {
    const {pipe, readiness} = wait();
    pipe.write('40');
    pipe.write('00\nmore');
    assert.deepEqual(await readiness, {outcome: 'ready', endpoint: {host: '127.0.0.1', port: 4000, isTls: false}});
  });

  it('comes with a number that the end of the pipe follows', async () => {
    const {pipe, readiness} = wait();
    pipe.end('4000');
    assert.deepEqual(await readiness, {outcome: 'ready', endpoint: {host: '127.0.0.1', port: 4000, isTls: false}});
  });

  it('is refused to a line that is too long', async () => {
    const {pipe, readiness} = wait();
    pipe.write('4'.repeat(1_000));
    assert.equal((await readiness).outcome, 'line-invalid');
  });

  it('fails when the process exits', async () => {
    const {exit, readiness} = wait();
    exit({code: 1, signal: null});
    assert.deepEqual(await readiness, {outcome: 'exited', exit: {code: 1, signal: null}});
  });

  it('fails when it is cancelled, also before it is waited for', async () => {
    const {cancel, readiness} = wait();
    cancel();
    assert.deepEqual(await readiness, {outcome: 'cancelled'});
    assert.deepEqual(await wait({signal: AbortSignal.abort()}).readiness, {outcome: 'cancelled'});
  });

  it('fails at the deadline, which tells whether the pipe was closed', async () => {
    const patient = createHeldClock();
    const {readiness} = wait({clock: patient.clock});
    patient.pass();
    assert.deepEqual(await readiness, {outcome: 'timed-out', isPipeClosed: false, listeners: []});
  });

  it('goes on after the pipe has closed without a line', async () => {
    const held = createHeldClock();
    const {pipe, readiness} = wait({clock: held.clock});
    pipe.once('end', held.pass).end();
    assert.deepEqual(await readiness, {outcome: 'timed-out', isPipeClosed: true, listeners: []});
  });

  it('is decided by the first cause, and leaves nothing waiting', async () => {
    const {pipe, exit, cancel, readiness} = wait();
    pipe.write('4000\n');
    assert.equal((await readiness).outcome, 'ready');
    exit({code: 1, signal: null});
    cancel();
    pipe.write('5000\n');
    assert.equal(pipe.listenerCount('data'), 0);
    assert.equal(pipe.readableFlowing, true, 'a later line must not block or fail the app');
  });
});

function wait({clock = systemClock, signal}: {clock?: Clock; signal?: AbortSignal} = {}) {
  const pipe = new PassThrough();
  const stopping = new AbortController();
  let exit: (exit: Exit) => void = () => {};
  const exited = new Promise<Exit>(resolve => {
    exit = resolve;
  });
  const over = new AbortController().signal;
  const signs = createSigns({pipe, port: undefined, isPinned: false, reports: NO_REPORTS, over});
  const options = {signs, exited, timeoutMs: 60_000, signal: signal ?? stopping.signal};
  const readiness: Promise<Readiness> = awaitReadiness(options, clock);
  return {pipe, readiness, exit: (how: Exit) => exit(how), cancel: () => stopping.abort()};
}

/** Time stands still until `pass` is called. */
function createHeldClock(): {clock: Clock; pass: () => void} {
  let pass = (): void => {};
  const passed = new Promise<void>(resolve => {
    pass = resolve;
  });
  return {clock: {now: () => 0, sleep: () => passed}, pass: () => pass()};
}
