import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdirSync, statSync} from 'node:fs';
import path from 'node:path';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {describe, it} from 'vitest';
import {MAX_LINE_BYTES} from '../../src/control/protocol.js';
import {TakoError} from '../../src/system/error.js';
import {connect, connectRaw, rejection, startServer, temporaryFolder} from './support.js';

const list = async () => ({apps: []});
const call = (id: unknown, method: unknown = 'list', params: unknown = {}): string =>
  `${JSON.stringify({id, method, params})}\n`;

describe('a control server', () => {
  it('answers under the number of the call', async () => {
    const client = await connectRaw(await startServer({list}));
    client.send(call(7));
    assert.deepEqual(await client.next(), {id: 7, result: {apps: []}});
  });

  it.each([
    ['a line that is no JSON', 'hello\n'],
    ['a line without an end', 'x'.repeat(MAX_LINE_BYTES + 1)],
    ['a call without a number', call('1')],
    ['a call without a method', call(1, 5)],
    ['a call without parameters', call(1, 'list', null)],
    ['a number', '5\n'],
    ['an array', '[]\n'],
  ])('ends the connection after %s, and serves the next client', async (_, bytes) => {
    const server = await startServer({list});
    const client = await connectRaw(server);
    client.send(bytes);
    await client.ended;
    assert.deepEqual(await (await connect(server)).call('list', {}), {apps: []});
    assert.deepEqual(server.bugs, []);
  });

  it.each(['no-such-call', 'constructor', '__proto__', 'toString'])('does not know the call %s', async method => {
    const server = await startServer({list});
    const client = await connectRaw(server);
    client.send(call(1, method));
    const {error} = (await client.next()) as {error: {code: string; message: string}};
    assert.equal(error.code, 'UNKNOWN_METHOD');
    assert.ok(error.message.includes(method));
    client.send(call(2));
    assert.deepEqual(await client.next(), {id: 2, result: {apps: []}});
    assert.deepEqual(server.bugs, []);
  });

  it('sends the events of a call before its answer', async () => {
    const server = await startServer({
      attach: async ({name}, {emit}) => {
        for (const count of [1, 2, 3]) emit({type: 'skipped', app: name, count});
        return {};
      },
    });
    const client = await connectRaw(server);
    client.send(call(4, 'attach', {name: 'web', after: 0}));
    for (const count of [1, 2, 3]) {
      assert.deepEqual(await client.next(), {id: 4, event: {type: 'skipped', app: 'web', count}});
    }
    assert.deepEqual(await client.next(), {id: 4, result: {}});
  });

  it('tells a handler when its client has left', async () => {
    const started = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const server = await startServer({
      attach: async (_, {signal, emit, drained}) => {
        signal.addEventListener('abort', () => left.resolve());
        started.resolve();
        await left.promise;
        assert.equal(emit({type: 'skipped', app: 'web', count: 1}), false);
        await drained();
        return {};
      },
    });
    const client = await connectRaw(server);
    client.send(call(1, 'attach', {name: 'web', after: 0}));
    await started.promise;
    client.socket.destroy();
    await left.promise;
    await server.close();
    assert.deepEqual(server.bugs, []);
  });

  it('makes a handler wait for a client that does not read', async () => {
    const stalled = Promise.withResolvers<void>();
    let sent = 0;
    let isDrained = false;
    const server = await startServer({
      list,
      attach: async (_, {emit, drained}) => {
        while (emit({type: 'removed', app: 'x'.repeat(10_000)})) {
          sent += 1;
          // What is said in one go is gathered; only then it is sent.
          await nextTurn();
        }
        stalled.resolve();
        await drained();
        isDrained = true;
        return {};
      },
    });
    const slow = await connectRaw(server);
    slow.send(call(1, 'attach', {name: 'web', after: 0}));
    await stalled.promise;
    await (await connect(server)).call('list', {});
    assert.equal(isDrained, false);
    // The one that did not fit was kept, not dropped.
    for (let read = 0; read <= sent; read++) assert.ok('event' in Object(await slow.next()));
    assert.deepEqual(await slow.next(), {id: 1, result: {}});
  });

  it('reports what is a bug, and tells the client no more than its message', async () => {
    const bug = new RangeError('index out of range');
    const server = await startServer({list: () => Promise.reject(bug)});
    const error = await rejection((await connect(server)).call('list', {}));
    assert.ok(error instanceof TakoError);
    assert.deepEqual([error.code, error.message, error.details], ['INTERNAL', 'index out of range', []]);
    assert.deepEqual(server.bugs, [bug]);
  });

  it('reports an answer that is no JSON as a bug', async () => {
    const server = await startServer({list: async () => ({apps: [1n as never]})});
    const error = await rejection((await connect(server)).call('list', {}));
    assert.equal((error as TakoError).code, 'INTERNAL');
    assert.equal(server.bugs.length, 1);
  });
});

describe('the socket of a control server', () => {
  it('is for its user only, in a folder for its user only', async () => {
    const {socketPath} = await startServer({});
    assert.equal(statSync(socketPath).mode & 0o777, 0o600);
    assert.equal(statSync(path.dirname(socketPath)).mode & 0o777, 0o700);
  });

  it('closes a folder that others could enter before', async () => {
    const folder = path.join(temporaryFolder(), 'run');
    mkdirSync(folder, {mode: 0o755});
    await startServer({}, {socketPath: path.join(folder, 'control.sock')});
    assert.equal(statSync(folder).mode & 0o777, 0o700);
  });

  it('replaces what a killed daemon left', async () => {
    const socketPath = path.join(temporaryFolder(), 'control.sock');
    const program = `net.createServer().listen('${socketPath}', () => process.kill(process.pid, 'SIGKILL'))`;
    assert.equal(spawnSync(process.execPath, ['-e', program]).signal, 'SIGKILL');
    assert.ok(statSync(socketPath).isSocket());
    const server = await startServer({list}, {socketPath});
    assert.deepEqual(await (await connect(server)).call('list', {}), {apps: []});
  });
});

describe('closing a control server', () => {
  it('lets the last answer go out', async () => {
    const server = await startServer({
      async shutdown() {
        setImmediate(() => server.close());
        return {};
      },
    });
    const client = await connect(server);
    assert.deepEqual(await client.call('shutdown', {}), {});
    await client.closed;
  });

  it('does not wait for a client that does not read', async () => {
    const stalled = Promise.withResolvers<void>();
    const server = await startServer({
      attach: async (_, {emit, drained}) => {
        while (emit({type: 'removed', app: 'x'.repeat(10_000)}));
        stalled.resolve();
        await drained();
        return {};
      },
    });
    const slow = await connectRaw(server);
    slow.send(call(1, 'attach', {name: 'web', after: 0}));
    await stalled.promise;
    await server.close();
  });

  it('says after each coming and leaving how many clients there are', async () => {
    const counts: number[] = [];
    const empty = Promise.withResolvers<void>();
    const onClientsChange = (count: number): void => {
      counts.push(count);
      if (count === 0) empty.resolve();
    };
    const server = await startServer({list}, {onClientsChange});
    const [first, second] = [await connect(server), await connect(server)];
    await Promise.all([first.call('list', {}), second.call('list', {})]);
    first.close();
    second.close();
    await empty.promise;
    assert.deepEqual(counts, [1, 2, 1, 0]);
  });
});
