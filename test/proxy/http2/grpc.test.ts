import assert from 'node:assert/strict';
import {once} from 'node:events';
import {
  type CallOptions,
  Client,
  credentials,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import {describe, it, onTestFinished, vi} from 'vitest';
import type {Upstream} from '../../../src/proxy/upstream.js';
import {eventually} from '../../helpers/eventually.js';
import {certificate, HOST, holdRefusingPort} from '../harness.js';
import {type Engine, startEngine} from './harness.js';

const MEBIBYTE = 1024 * 1024;

const asIs = (bytes: Buffer): Buffer => bytes;

function method(name: string, requestStream: boolean, responseStream: boolean) {
  return {
    path: `/test.Echo/${name}`,
    requestStream,
    responseStream,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
}

/** Messages are bytes. */
const echo = {
  unary: method('Unary', false, false),
  down: method('Down', false, true),
  up: method('Up', true, false),
  both: method('Both', true, true),
} satisfies ServiceDefinition;

type Implementation = {
  readonly unary?: handleUnaryCall<Buffer, Buffer>;
  readonly down?: handleServerStreamingCall<Buffer, Buffer>;
  readonly up?: handleClientStreamingCall<Buffer, Buffer>;
  readonly both?: handleBidiStreamingCall<Buffer, Buffer>;
};

/** A gRPC server without TLS. */
async function startServer(implementation: Implementation): Promise<Upstream> {
  const server = new Server({'grpc.max_receive_message_length': 16 * MEBIBYTE});
  const none = () => assert.fail('this method is not meant to be called');
  server.addService(echo, {unary: none, down: none, up: none, both: none, ...implementation});
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  onTestFinished(() => server.forceShutdown());
  return {host: '127.0.0.1', port, protocol: 'h2c'};
}

function openClient({port}: {readonly port: number}): Client {
  const client = new Client(`127.0.0.1:${port}`, credentials.createSsl(Buffer.from(certificate.cert)), {
    'grpc.ssl_target_name_override': HOST,
    'grpc.default_authority': HOST,
    'grpc.max_receive_message_length': 16 * MEBIBYTE,
    'grpc.enable_retries': 0,
  });
  onTestFinished(() => client.close());
  return client;
}

type Test = {readonly engine: Engine; readonly client: Client};

async function start(implementation: Implementation): Promise<Test> {
  const engine = await startEngine({upstream: await startServer(implementation)});
  return {engine, client: openClient(engine)};
}

type Reply = {readonly error: ServiceError | null; readonly value: Buffer | undefined; readonly trailers: Metadata};

function call(
  client: Client,
  bytes: Buffer | string,
  metadata = new Metadata(),
  options: CallOptions = {},
): Promise<Reply> {
  return new Promise(resolve => {
    let trailers = new Metadata();
    let result: Omit<Reply, 'trailers'> | undefined;
    const request = client.makeUnaryRequest(
      echo.unary.path,
      asIs,
      asIs,
      Buffer.from(bytes as string),
      metadata,
      options,
      (error, value) => {
        result = {error, value};
      },
    );
    request.on('status', ({metadata: received}) => {
      trailers = received;
      setImmediate(() => result && resolve({...result, trailers}));
    });
  });
}

describe('gRPC through the engine', () => {
  it('makes unary calls with metadata both ways', async () => {
    const {client} = await start({
      unary(received, callback) {
        const head = new Metadata();
        head.set('x-head', 'h');
        received.sendMetadata(head);
        const tail = new Metadata();
        tail.set('x-tail', String(received.metadata.get('x-asked')));
        tail.set('x-bytes-bin', Buffer.of(0, 255));
        callback(null, Buffer.concat([Buffer.from('echo '), received.request]), tail);
      },
    });
    const metadata = new Metadata();
    metadata.set('x-asked', 'yes');
    const {error, value, trailers} = await call(client, 'hello', metadata);
    assert.deepEqual([error, String(value)], [null, 'echo hello']);
    assert.deepEqual([trailers.get('x-tail'), trailers.get('x-bytes-bin')], [['yes'], [Buffer.of(0, 255)]]);
  });

  it('carries messages of 4 MiB', async () => {
    const {client} = await start({unary: ({request}, callback) => callback(null, request)});
    const message = Buffer.alloc(4 * MEBIBYTE, 'ab');
    const {value} = await call(client, message);
    assert.ok(value?.equals(message));
  });

  it('streams from the server as messages are made', async () => {
    const {client} = await start({
      down(received) {
        received.write(Buffer.from('1'));
        setTimeout(() => {
          received.write(Buffer.from('2'));
          received.end();
        }, 30);
      },
    });
    const answers: string[] = [];
    const stream = client.makeServerStreamRequest(echo.down.path, asIs, asIs, Buffer.alloc(0), new Metadata());
    stream.on('data', bytes => answers.push(String(bytes)));
    await eventually(() => assert.deepEqual(answers, ['1']), {everyMs: 1});
    await once(stream, 'end');
    assert.deepEqual(answers, ['1', '2']);
  });

  it('streams from the client', async () => {
    const {client} = await start({
      up(received, callback) {
        const parts: Buffer[] = [];
        received.on('data', part => parts.push(part));
        received.on('end', () => callback(null, Buffer.concat(parts)));
      },
    });
    const value = await new Promise(resolve => {
      const stream = client.makeClientStreamRequest(echo.up.path, asIs, asIs, new Metadata(), (error, bytes) =>
        resolve(error ?? String(bytes)),
      );
      for (const part of ['a', 'b', 'c']) stream.write(Buffer.from(part));
      stream.end();
    });
    assert.equal(value, 'abc');
  });

  it('plays ping-pong: each message is answered before the next is sent', async () => {
    const {client, engine} = await start({
      both(received) {
        received.on('data', bytes => received.write(Buffer.concat([Buffer.from('pong '), bytes])));
        received.on('end', () => received.end());
      },
    });
    const stream = client.makeBidiStreamRequest(echo.both.path, asIs, asIs, new Metadata());
    for (const round of ['1', '2', '3']) {
      stream.write(Buffer.from(round));
      assert.equal(String((await once(stream, 'data'))[0]), `pong ${round}`);
    }
    stream.end();
    stream.resume();
    const [{code}] = await once(stream, 'status');
    assert.equal(code, status.OK);
    await eventually(() => assert.deepEqual(engine.outcomes, ['answered']));
  });

  it('passes on status, message and trailers of an answer that has nothing else', async () => {
    const trailers = new Metadata();
    trailers.set('x-why', 'because');
    const {client} = await start({
      unary: (_, callback) =>
        callback({code: status.NOT_FOUND, details: 'no such thing: grün\t\n%', metadata: trailers}),
    });
    const {error} = await call(client, 'x');
    assert.deepEqual([error?.code, error?.details], [status.NOT_FOUND, 'no such thing: grün\t\n%']);
    assert.deepEqual(error?.metadata.get('x-why'), ['because']);
  });

  it('says UNIMPLEMENTED as the server does', async () => {
    const {client} = await start({});
    const error = await new Promise<ServiceError | null>(resolve =>
      client.makeUnaryRequest('/test.Echo/Nothing', asIs, asIs, Buffer.alloc(0), resolve),
    );
    assert.equal(error?.code, status.UNIMPLEMENTED);
  });

  it('tells the server of a deadline, and that it has passed', async () => {
    let deadline: unknown;
    const cancelled = vi.fn();
    const {client, engine} = await start({
      unary(received) {
        deadline = received.getDeadline();
        received.on('cancelled', cancelled);
      },
    });
    const {error} = await call(client, 'x', new Metadata(), {deadline: Date.now() + 300});
    assert.equal(error?.code, status.DEADLINE_EXCEEDED);
    assert.ok(deadline instanceof Date || (typeof deadline === 'number' && Number.isFinite(deadline)));
    await eventually(() => assert.equal(cancelled.mock.calls.length, 1));
    await eventually(() => assert.equal(engine.inFlight(), 0));
  });

  it('tells the server that a call was cancelled in the middle', async () => {
    const cancelled = vi.fn();
    const ended = vi.fn();
    const {client, engine} = await start({
      both(received) {
        received.on('cancelled', cancelled);
        received.on('data', bytes => received.write(bytes));
        received.on('end', ended);
      },
    });
    const stream = client.makeBidiStreamRequest(echo.both.path, asIs, asIs, new Metadata());
    const failed = once(stream, 'error');
    stream.write(Buffer.from('a'));
    await once(stream, 'data');
    stream.cancel();
    assert.equal(((await failed)[0] as ServiceError).code, status.CANCELLED);
    await eventually(() => assert.equal(cancelled.mock.calls.length, 1));
    await eventually(() => assert.deepEqual(engine.outcomes, ['client-gone']));
  });

  it('makes 100 calls at once on one connection', async () => {
    const {client, engine} = await start({
      unary: ({request}, callback) => setTimeout(() => callback(null, request), 20),
    });
    const replies = await Promise.all(Array.from({length: 100}, (_, index) => call(client, `call ${index}`)));
    assert.deepEqual(
      replies.map(({value}) => String(value)),
      replies.map((_, index) => `call ${index}`),
    );
    assert.equal(engine.http2.count, 1);
  });

  it('fails a call whose server dies in the middle', async () => {
    const server = new Server();
    server.addService(echo, {
      unary: () => undefined,
      up: () => undefined,
      both: () => undefined,
      down(received: {write(bytes: Buffer): void}) {
        received.write(Buffer.from('1'));
      },
    });
    const port = await new Promise<number>(resolve =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, bound) => resolve(bound)),
    );
    const engine = await startEngine({upstream: {host: '127.0.0.1', port, protocol: 'h2c'}});
    const stream = openClient(engine).makeServerStreamRequest(
      echo.down.path,
      asIs,
      asIs,
      Buffer.alloc(0),
      new Metadata(),
    );
    await once(stream, 'data');
    server.forceShutdown();
    const [error] = await once(stream, 'error');
    assert.notEqual((error as ServiceError).code, status.OK);
    await eventually(() => assert.deepEqual(engine.outcomes, ['cut-off']));
  });

  it('is UNAVAILABLE while nothing listens', async () => {
    const engine = await startEngine({upstream: {host: '127.0.0.1', port: holdRefusingPort(), protocol: 'h2c'}});
    const {error} = await call(openClient(engine), 'x');
    assert.equal(error?.code, status.UNAVAILABLE);
  });
});
