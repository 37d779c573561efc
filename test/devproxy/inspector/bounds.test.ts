import assert from 'node:assert/strict';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {describe, it} from 'vitest';
import type {ExchangeSummary} from '../../../src/control/exchanges.js';
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
function pass(
  inspector: InspectorFeed,
  app: string,
  bodyBytes = 0,
  fieldBytes = 0,
  status = 200,
  facts: Partial<GatewaySession> = {},
): SessionObserver {
  const session = Object.assign(requestOf('/', fieldBytes), facts);
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

describe('of more than 500 requests in a second', () => {
  /** One that comes while so many others do, as far as it goes by itself. */
  function observeHurried(inspector: InspectorFeed, facts: Partial<GatewaySession> = {}): SessionObserver {
    // The requests of this test may fall into two seconds.
    for (let index = 0; index < 1_200; index++) pass(inspector, 'busy', 0, 0, 200, {hasBody: false});
    return inspector.observe(Object.assign(requestOf('/hurried'), {hasBody: false, ...facts}), 'busy');
  }

  const found = (inspector: Inspector): ExchangeSummary | undefined => inspector.list({url: '/hurried'}, 1)[0];

  const complete = (observer: SessionObserver): void => {
    observer.onHead();
    observer.onResponseBody(Buffer.alloc(1_024, 'x'));
    observer.onOver();
  };

  it('one beyond is counted, and not kept', () => {
    const inspector = open();
    complete(observeHurried(inspector));
    assert.equal(found(inspector), undefined);
    assert.equal(inspector.traffic('busy').requests, 1_201);
    assert.equal(inspector.list({app: 'busy'}, 1_000).length, 500);
  });

  it('one that fails is kept with its body', () => {
    const inspector = open();
    const response = {status: 404, reason: 'Not Found', fields: HeaderFields.from([])};
    complete(observeHurried(inspector, {response}));
    const summary = found(inspector);
    assert.ok(summary);
    assert.equal(inspector.find(summary.id)?.response?.body?.data.length, 1_024);
  });

  it('one that is cut off is kept', () => {
    const inspector = open();
    complete(observeHurried(inspector, {outcome: 'cut-off'}));
    assert.equal(found(inspector)?.outcome, 'cut-off');
  });

  it('one that waits for a start is kept', () => {
    const inspector = open();
    const observer = observeHurried(inspector);
    observer.onColdStart();
    complete(observer);
    assert.ok(found(inspector));
  });

  it('one with a body is kept, as it may be wanted again', () => {
    const inspector = open();
    complete(observeHurried(inspector, {hasBody: true}));
    assert.ok(found(inspector));
  });

  it('one that somebody looks at is kept', () => {
    const inspector = open();
    const observer = observeHurried(inspector);
    const stop = inspector.subscribe(() => undefined);
    complete(observer);
    complete(inspector.observe(Object.assign(requestOf('/hurried'), {hasBody: false}), 'busy'));
    assert.equal(inspector.list({url: '/hurried'}, 9).length, 2);
    stop();
  });

  it('one whose app is gone is not kept', () => {
    const inspector = open();
    const observer = observeHurried(inspector, {outcome: 'cut-off'});
    inspector.retain(new Set());
    complete(observer);
    assert.equal(found(inspector), undefined);
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
