import assert from 'node:assert/strict';
import {once} from 'node:events';
import {chownSync} from 'node:fs';
import {createServer} from 'node:net';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {connectControl} from '../../src/control/client.js';
import type {AppEvent} from '../../src/control/events.js';
import {TakoError} from '../../src/system/error.js';
import {requires} from '../helpers/system-parts.js';
import {connect, rejection, startServer, temporaryFolder} from './support.js';

const codeOf = async (call: Promise<unknown>): Promise<unknown> => ((await rejection(call)) as TakoError).code;

describe('a control client', () => {
  it('gets an error as it was thrown: code, message, hint and details', async () => {
    const expected = {code: 'PORT_IN_USE', message: 'port 443 is in use', hint: 'stop it', details: ['nginx', 'ñ']};
    const thrown = new TakoError(expected.code, expected.message, expected);
    const server = await startServer({list: () => Promise.reject(thrown)});
    const error = await rejection((await connect(server)).call('list', {}));
    assert.ok(error instanceof TakoError);
    const {code, message, hint, details} = error;
    assert.deepEqual({code, message, hint, details}, expected);
    assert.deepEqual(server.bugs, []);
  });

  it('gets an error without a hint without one', async () => {
    const server = await startServer({list: () => Promise.reject(new TakoError('CANCELLED', 'no'))});
    const error = await rejection((await connect(server)).call('list', {}));
    assert.equal((error as TakoError).hint, undefined);
  });

  it('has several calls under way, answered in any order', async () => {
    const answers = new Map<string, PromiseWithResolvers<Record<string, never>>>();
    const allAsked = Promise.withResolvers<void>();
    const server = await startServer({
      logs: ({name}) => {
        const answer = Promise.withResolvers<Record<string, never>>();
        answers.set(name, answer);
        if (answers.size === 3) allAsked.resolve();
        return answer.promise;
      },
    });
    const client = await connect(server);
    const order: string[] = [];
    const ask = async (name: string): Promise<void> => {
      await client.call('logs', {name, count: 1, follow: false});
      order.push(name);
    };
    const asked = ['a', 'b', 'c'].map(ask);
    await allAsked.promise;
    for (const name of ['c', 'a', 'b']) {
      answers.get(name)?.resolve({});
      await asked[['a', 'b', 'c'].indexOf(name)];
    }
    assert.deepEqual(order, ['c', 'a', 'b']);
  });

  it('hears the events of each call apart', async () => {
    const server = await startServer({
      attach: async ({name, after}, {emit}) => {
        for (let count = 1; count <= after; count++) {
          emit({type: 'skipped', app: name, count});
          await new Promise(setImmediate);
        }
        return {};
      },
    });
    const client = await connect(server);
    const follow = async (name: string, after: number): Promise<AppEvent[]> => {
      const events: AppEvent[] = [];
      await client.call('attach', {name, after}, {onEvent: event => events.push(event)});
      return events;
    };
    const [a, b] = await Promise.all([follow('a', 3), follow('b', 2)]);
    const expected = (app: string, counts: readonly number[]) => counts.map(count => ({type: 'skipped', app, count}));
    assert.deepEqual(a, expected('a', [1, 2, 3]));
    assert.deepEqual(b, expected('b', [1, 2]));
  });

  it('loses what is pending when the daemon ends, and every call after it', async () => {
    const asked = Promise.withResolvers<void>();
    const server = await startServer({
      attach: () => {
        asked.resolve();
        return new Promise(() => undefined);
      },
    });
    const client = await connect(server);
    const pending = codeOf(client.call('attach', {name: 'web', after: 0}));
    await asked.promise;
    await server.close();
    assert.equal(await pending, 'DAEMON_LOST');
    await client.closed;
    assert.equal(await codeOf(client.call('list', {})), 'DAEMON_LOST');
  });

  it('loses its pending calls when it closes itself, and closes but once', async () => {
    const client = await connect(await startServer({list: () => new Promise(() => undefined)}));
    const pending = codeOf(client.call('list', {}));
    client.close();
    client.close();
    assert.equal(await pending, 'DAEMON_LOST');
    await client.closed;
  });

  it('says with the code of the system that nobody listens', async () => {
    const socketPath = path.join(temporaryFolder(), 'control.sock');
    assert.equal(await codeOf(connectControl(socketPath)), 'ENOENT');
  });

  it.skipIf(requires('root'))('does not speak to a socket in a folder of another user', async () => {
    const folder = path.join(temporaryFolder(), 'run');
    const server = await startServer({}, {socketPath: path.join(folder, 'control.sock')});
    chownSync(folder, 65_534, 65_534);
    assert.equal(await codeOf(connectControl(server.socketPath)), 'SOCKET_FOREIGN');
  });

  it('makes nothing of answers to calls that it never made', async () => {
    const socketPath = path.join(temporaryFolder(), 'socket');
    const server = createServer(socket => {
      socket.write('{"id":99,"result":{}}\n{"id":99,"event":{}}\n5\n{}\n');
      socket.once('data', () => socket.write('{"id":1,"result":{"apps":[]}}\n'));
    }).listen(socketPath);
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    assert.deepEqual(await (await connect({socketPath})).call('list', {}), {apps: []});
  });
});
