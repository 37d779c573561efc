import assert from 'node:assert/strict';
import {setTimeout as delay} from 'node:timers/promises';
import {describe, it} from 'vitest';
import {createAccessLog, renderAccessLine} from '../../src/proxy/access-log.js';
import type {Session} from '../../src/proxy/session.js';

type Done = (error?: Error | null) => void;

/** A reader that takes what it is given only when it is told to. */
function createReader() {
  const writes: {readonly lines: string; readonly done: Done}[] = [];
  const drops: number[] = [];
  const log = createAccessLog({
    write: (lines, done) => void writes.push({lines, done}),
    onDropped: count => drops.push(count),
  });
  return {log, writes, drops};
}

const line = (index: number): string => `${String(index).padStart(99, '0')}\n`;

describe('the access log', () => {
  it('writes lines together, a moment later', async () => {
    const {log, writes} = createReader();
    for (let index = 0; index < 3; index++) log.add(line(index));
    assert.equal(writes.length, 0);
    await delay(250);
    assert.deepEqual(
      writes.map(({lines}) => lines),
      [line(0) + line(1) + line(2)],
    );
  });

  it('writes whole lines, and no more at once than a pipe takes in one piece', async () => {
    const {log, writes} = createReader();
    for (let index = 0; index < 1_000; index++) log.add(line(index));
    for (let count = 0; count < writes.length; count++) writes[count]?.done();
    await delay(250);
    for (let count = 0; count < writes.length; count++) writes[count]?.done();
    assert.ok(writes.every(({lines}) => lines.length <= 4_096 && lines.endsWith('\n')));
    assert.equal(
      writes.map(({lines}) => lines).join(''),
      Array.from({length: 1_000}, (_, index) => line(index)).join(''),
    );
  });

  it('drops what a slow reader does not take, and says how much once it reads again', async () => {
    const {log, writes, drops} = createReader();
    const length = 1024 * 1024;
    for (let written = 0; written < 2 * length; written += 100) log.add(line(0));
    assert.equal(writes.length, 1);
    assert.deepEqual(drops, []);
    writes[0]?.done();
    const kept = length + (writes[0]?.lines.length ?? 0);
    assert.equal(drops.length, 1);
    assert.ok(Math.abs((drops[0] ?? 0) - (2 * length - kept) / 100) <= 2, `${drops[0]} lines were dropped`);
  });

  it('is out when it has been flushed', async () => {
    const {log, writes} = createReader();
    log.add(line(0));
    let isFlushed = false;
    const flushed = log.flush().then(() => {
      isFlushed = true;
    });
    await delay(10);
    assert.deepEqual([isFlushed, writes.length], [false, 1]);
    writes[0]?.done();
    await flushed;
  });

  it('is over when its reader is gone', async () => {
    const {log, writes} = createReader();
    log.add(line(0));
    const flushed = log.flush();
    writes[0]?.done(new Error('EPIPE'));
    await flushed;
    log.add(line(1));
    await log.flush();
    assert.equal(writes.length, 1);
  });
});

describe('a line of the access log', () => {
  const session = {
    client: {address: '::1', httpVersion: '2'},
    request: {method: 'GET', host: 'app.test', target: '/'},
    status: 200,
    outcome: 'answered',
    bytesReceived: 1,
    bytesSent: 2,
    upstream: {host: '::1', port: 3000},
    attempts: 1,
  };
  const render = (change: object): Record<string, unknown> => {
    const details = {durationMs: 1.23456, now: 1_000, pid: 7};
    return JSON.parse(renderAccessLine({...session, ...change} as unknown as Session<unknown>, details));
  };

  it('is JSON whatever the client sent', () => {
    const request = {method: 'GET', host: 'a"b\\', target: '/"\\\u00e9'};
    const {host, target, durationMs, time, upstream} = render({request});
    assert.deepEqual([host, target], [request.host, request.target]);
    assert.deepEqual([durationMs, time, upstream], [1.235, '1970-01-01T00:00:01.000Z', '[::1]:3000']);
  });

  it('names no upstream where the request went to none', () => {
    assert.equal(render({upstream: undefined}).upstream, null);
  });

  it('cuts off a target that would not fit in one write', () => {
    const request = {method: 'OPTIONS', host: `${'a'.repeat(253)}:65535`, target: `/${'"'.repeat(16_000)}`};
    assert.equal(render({request}).target, `/${'"'.repeat(1_499)}...`);
    const details = {durationMs: 123_456.789, now: 1_000, pid: 4_194_304};
    const line = renderAccessLine({...session, request} as unknown as Session<unknown>, details);
    assert.ok(line.length < 4_096, `${line.length} characters`);
  });
});
