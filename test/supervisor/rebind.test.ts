import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer, type Server} from 'node:net';
import {PassThrough} from 'node:stream';
import {setTimeout as delay} from 'node:timers/promises';
import {afterEach, describe, it} from 'vitest';
import type {Endpoint} from '../../src/supervisor/endpoint.js';
import {awaitReadiness} from '../../src/supervisor/readiness.js';
import {createSigns} from '../../src/supervisor/readiness-signs.js';
import {GRACE_MS} from '../../src/supervisor/rebind.js';
import {readReports} from '../../src/supervisor/report-channel.js';
import {reservePort} from '../../src/supervisor/reserved-port.js';
import type {Clock} from '../../src/system/clock.js';

const servers: Server[] = [];
const lives: AbortController[] = [];

afterEach(async () => {
  for (const life of lives.splice(0)) life.abort();
  await Promise.all(servers.splice(0).map(close));
});

describe('an app that is ready', () => {
  it('stays where it is while another server opens', async () => {
    const app = await createApp();
    await app.opens();
    await app.becomesReady();
    await app.opens();
    assert.deepEqual(await app.movesAfterAll(), []);
  });

  it('is told of again when it listens anew where it was', async () => {
    const app = await createApp();
    const first = await app.opens();
    await app.becomesReady();
    await app.closes(first);
    await app.opens(first.port);
    assert.equal(await app.portAfter(1), first.port);
  });

  it('is not told of again when its first report comes after it was found ready by file descriptor 4', async () => {
    const app = await createApp();
    const {port, server} = await app.listensUnreported();
    await app.becomesReadyBySaying(port);
    const late = {id: await app.reportsOpen(port), port, server};
    assert.deepEqual(await app.movesAfterAll(), []);
    await app.closes(late);
    await app.opens(port);
    assert.equal(await app.portAfter(1), port);
    assert.equal((await app.movesAfterAll()).length, 1);
  });

  it('is not left for a server that was open before, until the grace is over', async () => {
    const app = await createApp();
    const first = await app.opens();
    const other = await app.opens();
    await app.becomesReady();
    await app.closes(first);
    assert.deepEqual(await app.movesAfterAll(), []);
    app.graceIsOver();
    assert.equal(await app.portAfter(1), other.port);
  });

  it('is found again where it was at first, though another server has taken its place meanwhile', async () => {
    const app = await createApp();
    const first = await app.opens();
    await app.opens();
    await app.becomesReady();
    await app.closes(first);
    app.graceIsOver();
    await app.portAfter(1);
    await app.opens(first.port);
    assert.equal(await app.portAfter(2), first.port);
  });

  it('is followed at once to a server that opens when its own has gone without a word', async () => {
    const app = await createApp();
    const first = await app.opens();
    await app.becomesReady();
    await close(first.server);
    const second = await app.opens();
    assert.equal(await app.portAfter(1), second.port);
  });

  it('is followed to its PORT when that opens late', async () => {
    const app = await createApp();
    await app.opens();
    await app.becomesReady();
    const late = await app.opens(app.expected);
    assert.equal(await app.portAfter(1), late.port);
  });

  it('tells who asks later where it has gone', async () => {
    const app = await createApp();
    const first = await app.opens();
    await app.becomesReady();
    await close(first.server);
    const {port} = await app.opens();
    await app.portAfter(1);
    const told: Endpoint[] = [];
    app.signs.onRebind(endpoint => told.push(endpoint));
    assert.deepEqual(told, [{host: '127.0.0.1', port, isTls: false}]);
  });
});

type Opened = {readonly id: string; readonly port: number; readonly server: Server};

/** Servers of this process, of which the app would report; time passes when it is told to. */
async function createApp() {
  const life = new AbortController();
  lives.push(life);
  const stream = new PassThrough();
  const {reports} = readReports(stream);
  const expected = await reservePort();
  const pipe = new PassThrough();
  const signs = createSigns({
    pipe,
    port: expected,
    isPinned: false,
    reports,
    over: life.signal,
  });
  const moves: Endpoint[] = [];
  signs.onRebind(endpoint => moves.push(endpoint));
  const grace = createGrace();
  let count = 0;
  const reported = async (line: string): Promise<void> => {
    const version = reports.version();
    const changed = reports.changedSince(version, life.signal);
    stream.write(`${line}\n`);
    await changed;
  };
  const reportsOpen = async (port: number): Promise<string> => {
    const id = `${++count}`;
    await reported(`open ${id} http 127.0.0.1 ${port}`);
    return id;
  };
  const listensUnreported = async (wanted = 0): Promise<Omit<Opened, 'id'>> => {
    const server = await listen(wanted);
    return {server, port: portOf(server)};
  };
  const startWaiting = () =>
    awaitReadiness({signs, exited: new Promise(() => {}), timeoutMs: 60_000, signal: life.signal}, grace.clock);
  return {
    expected,
    signs,
    reportsOpen,
    listensUnreported,
    opens: async (wanted = 0): Promise<Opened> => {
      const opened = await listensUnreported(wanted);
      return {...opened, id: await reportsOpen(opened.port)};
    },
    closes: async ({id, server}: Opened): Promise<void> => {
      await close(server);
      await reported(`close ${id}`);
    },
    becomesReady: async (): Promise<void> => {
      const readiness = startWaiting();
      grace.passNext();
      assert.equal((await readiness).outcome, 'ready');
    },
    becomesReadyBySaying: async (port: number): Promise<void> => {
      const readiness = startWaiting();
      pipe.write(`${port}\n`);
      assert.deepEqual(await readiness, {outcome: 'ready', endpoint: {host: '127.0.0.1', port, isTls: false}});
    },
    graceIsOver: grace.passNext,
    portAfter: async (count: number): Promise<number | undefined> => {
      while (moves.length < count) await delay(5);
      return moves[count - 1]?.port;
    },
    /** Gives everything that was reported the time to be looked at, which takes connections on loopback only. */
    movesAfterAll: async (): Promise<readonly Endpoint[]> => {
      await delay(100);
      return moves;
    },
  };
}

/** A clock on which only the grace ever passes, once for each call of `passNext`. */
function createGrace(): {clock: Clock; passNext: () => void} {
  const sleepers = new Set<() => void>();
  let passes = 0;
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const wake = (): void => {
        sleepers.delete(wake);
        resolve();
      };
      signal?.addEventListener('abort', () => {
        sleepers.delete(wake);
        reject(signal.reason);
      });
      if (ms !== GRACE_MS) return;
      if (passes > 0) {
        passes--;
        resolve();
      } else {
        sleepers.add(wake);
      }
    });
  const passNext = (): void => {
    const [wake] = sleepers;
    if (wake) wake();
    else passes++;
  };
  return {clock: {now: () => 0, sleep}, passNext};
}

async function listen(port: number): Promise<Server> {
  const server = createServer();
  servers.push(server);
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return server;
}

const close = (server: Server): Promise<void> => new Promise(resolve => void server.close(() => resolve()));

function portOf(server: Server): number {
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  return address.port;
}
