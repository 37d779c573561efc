import assert from 'node:assert/strict';
import {once} from 'node:events';
import {type AddressInfo, connect, createServer, Server, type Socket} from 'node:net';
import {describe, it, onTestFinished} from 'vitest';
import {type ListenerOptions, openListener} from '../../src/proxy/listener.js';
import {isLoopback} from '../../src/proxy/loopback.js';
import {requires} from '../helpers/system-parts.js';
import {findClosedPort} from './harness.js';

async function open(options: Partial<ListenerOptions> = {}) {
  const listener = await openListener({port: 0, onConnection: socket => socket.end('hello'), ...options});
  onTestFinished(() => listener.close());
  return listener;
}

/** Somebody else's server, on 127.0.0.1. */
async function openOther(onConnection: (socket: Socket) => void = () => undefined): Promise<number> {
  const server: Server = createServer(onConnection).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe('whether a port leads to a listener', () => {
  it('is true of its own', async () => {
    const listener = await open();
    assert.equal(await listener.isReachedAt(listener.port), true);
  });

  it('is true of its own where it is busy with others', async () => {
    const listener = await open();
    const others = Array.from({length: 50}, () => connect(listener.port, '127.0.0.1').resume());
    const answers = await Promise.all([listener.port, listener.port].map(port => listener.isReachedAt(port)));
    for (const other of others) other.destroy();
    assert.deepEqual(answers, [true, true]);
  });

  it('is false of a port that nobody has, or somebody else', async () => {
    const listener = await open();
    assert.equal(await listener.isReachedAt(await findClosedPort()), false);
    assert.equal(await listener.isReachedAt(await openOther()), false);
  });

  it('is false of a program in between: what it says of its peers would be wrong', async () => {
    const listener = await open();
    const relay = await openOther(socket => void socket.pipe(connect(listener.port, '127.0.0.1')).pipe(socket));
    assert.equal(await listener.isReachedAt(relay), false);
  });

  it('is false where the listener has one family only, and somebody else the other', async () => {
    const listener = await open({host: '127.0.0.1'});
    assert.equal(await listener.isReachedAt(listener.port), true);
    const other = createServer().listen({port: listener.port, host: '::1', ipv6Only: true});
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    assert.equal(await listener.isReachedAt(listener.port), false);
  });

  it('leaves nothing connected', async () => {
    const listener = await open();
    await listener.isReachedAt(listener.port);
    while (listener.count() > 0) await new Promise(resolve => setImmediate(resolve));
  });
});

describe('peers of this machine', () => {
  it('have loopback addresses', () => {
    for (const address of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])
      assert.equal(isLoopback(address), true);
    for (const address of ['192.168.1.1', '0.0.0.0', '::', 'fe80::1', '::ffff:10.0.0.1', 'localhost', undefined]) {
      assert.equal(isLoopback(address), false, address);
    }
  });

  it('are served where only they are, at all addresses', async () => {
    const {port} = await open({host: ['0.0.0.0', '::'], peers: 'loopback'});
    for (const host of ['127.0.0.1', '127.0.0.2', '::1']) {
      assert.equal(String(Buffer.concat(await connect(port, host).toArray())), 'hello', host);
    }
  });
});

describe('a port that is denied at the loopback addresses alone, as on macOS', () => {
  it('is opened at all addresses, for peers of this machine', async () => {
    denyLoopback();
    const port = await findClosedPort();
    await assert.rejects(open({port}), {code: 'PORT_DENIED'});
    const listener = await open({port, deniedPort: 0, isTriedEverywhere: true});
    assert.deepEqual([listener.port, listener.isDenied], [port, false]);
    for (const host of ['127.0.0.1', '::1']) {
      assert.equal(String(Buffer.concat(await connect(port, host).toArray())), 'hello', host);
    }
  });

  it('is not taken from somebody who has it', async () => {
    const port = await openOther();
    denyLoopback();
    await assert.rejects(open({port, deniedPort: 0, isTriedEverywhere: true}), {code: 'PORT_IN_USE'});
  });
});

describe.skipIf(requires('denied ports'))('a port that is denied', () => {
  it('is one that must not be moved: it is an error, and nothing is left open', async () => {
    becomeOrdinaryUser();
    const deniedPort = await findClosedPort();
    await assert.rejects(open({port: 1, deniedPort, isExact: true}), {code: 'PORT_DENIED'});
    await (await open({port: deniedPort})).close();
  });

  it('is tried at all addresses where that may help, before another is taken', async () => {
    becomeOrdinaryUser();
    // Linux denies those as well.
    assert.equal((await open({port: 1, deniedPort: 0, isTriedEverywhere: true})).isDenied, true);
    await assert.rejects(open({port: 1, isTriedEverywhere: true}), {code: 'PORT_DENIED'});
  });
});

/** root may open any port: until the test is over this process is not root. */
function becomeOrdinaryUser(): void {
  if (process.geteuid?.() !== 0) return;
  process.seteuid?.(65_534);
  onTestFinished(() => void process.seteuid?.(0));
}

/** Until the test is over the system says so of what is to listen there. */
function denyLoopback(): void {
  const {listen} = Server.prototype;
  Server.prototype.listen = function (this: Server, options: {readonly host?: string}, ...rest: unknown[]) {
    if (!isLoopback(options.host)) return listen.call(this, options, ...(rest as []));
    setImmediate(() => this.emit('error', Object.assign(new Error('denied'), {code: 'EACCES'})));
    return this;
  } as typeof listen;
  onTestFinished(() => {
    Server.prototype.listen = listen;
  });
}
