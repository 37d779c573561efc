import assert from 'node:assert/strict';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {describe, it} from 'vitest';
import {BlockPool} from '../../../src/devproxy/inspector/block-pool.js';
import {CapturedBytes} from '../../../src/devproxy/inspector/captured-bytes.js';
import {createInspector, type Inspector, type InspectorFeed} from '../../../src/devproxy/inspector/inspector.js';
import type {GatewaySession} from '../../../src/proxy/gateway-session.js';
import {HeaderFields} from '../../../src/proxy/header-fields.js';
import type {SessionObserver} from '../../../src/proxy/session-observer.js';

const open = (): Inspector & InspectorFeed =>
  createInspector({start: () => assert.fail('nothing is sent again'), maskedNamesOf: () => []});

/** A request as far as an inspector looks at one. */
function requestOf(target = '/', fieldBytes = 0): GatewaySession {
  const fields = HeaderFields.from(fieldBytes === 0 ? [] : ['x-large', 'x'.repeat(fieldBytes)]);
  return {
    request: {method: 'GET', target, host: 'app.test', fields},
    client: {address: '127.0.0.1', port: 1, isSecure: true, httpVersion: '1.1', tls: undefined},
    hasBody: true,
    upgrade: undefined,
    response: {status: 200, reason: 'OK', fields: HeaderFields.from([])},
    outcome: 'answered',
    error: undefined,
    bytesReceived: 0,
    bytesSent: 0,
  } as unknown as GatewaySession;
}

/** Puts a request through, with bodies of that size. */
function pass(inspector: InspectorFeed, app: string, bodyBytes = 0, fieldBytes = 0, status = 200): SessionObserver {
  const session = requestOf('/', fieldBytes);
  Object.assign(session.response ?? {}, {status});
  Object.assign(session, {bytesSent: bodyBytes});
  const observer = inspector.observe(session, app);
  const chunk = Buffer.alloc(16_384, 'x');
  for (let sent = 0; sent < bodyBytes; sent += chunk.length) {
    observer.onRequestBody(chunk);
    observer.onResponseBody(chunk);
  }
  observer.onHead();
  observer.onOver();
  return observer;
}

const MIB = 1024 * 1024;

describe('the bodies of answers', () => {
  const bodyOf = (inspector: Inspector, back: number) => {
    const {id = 0} = inspector.list({app: 'busy'}, 500).at(-back) ?? {};
    return inspector.find(id)?.response?.body;
  };

  it('are kept of no more than 500 that go well in a second, and of all that fail', () => {
    const inspector = open();
    // The requests of this test may fall into two seconds.
    for (let index = 0; index < 1_200; index++) pass(inspector, 'busy', 16_384);
    pass(inspector, 'busy', 16_384, 0, 500);
    assert.equal(bodyOf(inspector, 1)?.data.length, 16_384);
    const hurried = bodyOf(inspector, 2);
    assert.deepEqual([hurried?.data, hurried?.bytes, hurried?.isTruncated], ['', 16_384, true]);
  });

  it('are all kept while somebody looks', () => {
    const inspector = open();
    const stop = inspector.subscribe(() => undefined);
    for (let index = 0; index < 1_200; index++) pass(inspector, 'busy', 16_384);
    assert.equal(bodyOf(inspector, 1)?.data.length, 16_384);
    stop();
  });
});

describe('what is kept', () => {
  it('is the last 500 of an app, and those of another beside them', () => {
    const inspector = open();
    pass(inspector, 'quiet');
    for (let index = 0; index < 1_200; index++) pass(inspector, 'busy');
    const busy = inspector.list({app: 'busy'}, 10_000);
    assert.equal(busy.length, 500);
    assert.equal(busy.at(-1)?.id, 1_201);
    assert.equal(busy[0]?.id, 702);
    assert.equal(inspector.find(701), undefined);
    assert.equal(inspector.find(702)?.id, 702);
    assert.equal(inspector.list({app: 'quiet'}, 9).length, 1);
    assert.equal(inspector.traffic('busy').requests, 1_200);
  });

  it('is less of what is large', () => {
    const inspector = open();
    for (let index = 0; index < 200; index++) pass(inspector, 'app', MIB);
    // 256 KiB of each request and 16 KiB of each answer are kept, up to 8 MiB.
    assert.equal(inspector.list({}, 1_000).length, Math.floor((8 * MIB) / (272 * 1024 + 5_120)));
    for (let index = 0; index < 500; index++) pass(inspector, 'heads', 0, 60_000);
    assert.equal(inspector.list({app: 'heads'}, 1_000).length, Math.floor((8 * MIB) / 61_056));
  });

  it('takes no more for many apps than for eight', () => {
    const inspector = open();
    const before = held();
    for (let app = 0; app < 40; app++) {
      for (let index = 0; index < 30; index++) pass(inspector, `app${app}`, MIB / 4);
    }
    const grown = held() - before;
    assert.ok(grown < 80 * MIB, `${grown / MIB} MiB`);
    assert.ok(grown > 40 * MIB, `${grown / MIB} MiB`);
    assert.ok(inspector.list({}, 10_000).length > 190);
    // The room is shared: a new app does not go without for those that were there before.
    for (let app = 0; app < 40; app++) assert.ok(inspector.list({app: `app${app}`}, 100).length >= 4, `app${app}`);
  });

  it('grows no more by one that had to make room', () => {
    const inspector = open();
    const old = inspector.observe(requestOf(), 'app');
    for (let index = 0; index < 500; index++) pass(inspector, 'app');
    assert.equal(inspector.find(1), undefined);
    const before = held();
    for (let index = 0; index < 1_000; index++) old.onResponseBody(Buffer.alloc(65_536, 'x'));
    old.onHead();
    old.onOver();
    assert.ok(held() - before < MIB);
    assert.equal(inspector.list({}, 1_000).length, 500);
  });

  it('takes little more than its bytes, also in small pieces', () => {
    const before = held();
    const bodies = Array.from({length: 20}, () => new CapturedBytes(new BlockPool(), 65_536));
    const byte = Buffer.from('x');
    for (const body of bodies) for (let index = 0; index < 70_000; index++) body.add(byte);
    const grown = held() - before;
    assert.ok(grown < 3 * MIB, `${grown / MIB} MiB`);
    assert.equal(
      bodies.reduce((sum, body) => sum + body.read().length, 0),
      20 * 65_536,
    );
  });
});

describe('captured bytes', () => {
  it('are those that came, though the buffer they came in and the memory they are in are used again', () => {
    const pool = new BlockPool();
    const several = [[1, 2, 3], [3_000, 1], [2_048, 2_049, 60_000], [10_000, 1], Array.from({length: 200}, () => 7)];
    for (const sizes of several) {
      const body = new CapturedBytes(pool, 40_000);
      const buffer = Buffer.alloc(65_536);
      const sent: Buffer[] = [];
      for (const [index, size] of sizes.entries()) {
        buffer.fill(index % 251, 0, size);
        sent.push(Buffer.from(buffer.subarray(0, size)));
        body.add(buffer.subarray(0, size));
        buffer.fill(0xff);
      }
      const first = body.read();
      assert.deepEqual(first, Buffer.concat(sent).subarray(0, 40_000));
      assert.equal(first.length, body.length);
      body.release();
      const other = new CapturedBytes(pool, 40_000);
      other.add(Buffer.alloc(40_000, 0xee));
      assert.deepEqual(first, Buffer.concat(sent).subarray(0, 40_000));
    }
  });

  it('say how much memory they take', () => {
    const body = new CapturedBytes(new BlockPool(), 10_000);
    assert.equal(body.add(Buffer.alloc(100)), 4_096);
    assert.equal(body.add(Buffer.alloc(3_996)), 0);
    assert.equal(body.add(Buffer.alloc(30_000)), 2 * 4_096);
    assert.equal(body.add(Buffer.alloc(1)), 0);
    assert.equal(body.length, 10_000);
  });
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes in use, of the heap and beside it. */
function held(): number {
  collectGarbage();
  collectGarbage();
  const {heapUsed, external} = process.memoryUsage();
  return heapUsed + external;
}
