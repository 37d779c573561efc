import assert from 'node:assert/strict';
import {beforeEach, describe, it} from 'vitest';
import {createServerKeeper, type ServerKeeper} from '../../../src/prod/holder/server-keeper.js';
import type {ServerProcess} from '../../../src/prod/holder/server-process.js';
import type {Exit} from '../../../src/supervisor/instance.js';
import type {Clock} from '../../../src/system/clock.js';
import {eventually} from '../../helpers/eventually.js';

/** Time that passes when it is told to. */
function createManualClock(): Clock & {pass(ms: number): void} {
  const sleepers = new Set<{until: number; wake(): void}>();
  let now = 0;
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = {until: now + ms, wake: resolve};
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
      }),
    pass: ms => {
      now += ms;
      for (const sleeper of sleepers) {
        if (sleeper.until > now) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
  };
}

type Fake = ServerProcess & {readonly sent: string[]; readonly killed: string[]; exit(exit?: Partial<Exit>): void};

function createFake(pid: number): Fake {
  const sent: string[] = [];
  const killed: string[] = [];
  const {promise, resolve} = Promise.withResolvers<Exit>();
  const exit = (how: Partial<Exit> = {}): void => resolve({code: 0, signal: null, ...how});
  return {
    pid,
    sent,
    killed,
    exit,
    isGone: false,
    sockets: [],
    exited: promise,
    lastLines: () => ['its last words'],
    send: ({type}) => void sent.push(type),
    drained: async () => {},
    kill: signal => {
      killed.push(signal);
      if (signal === 'SIGKILL') exit({code: null, signal});
    },
  };
}

let clock: ReturnType<typeof createManualClock>;
let fakes: Fake[];
let told: string[];
let keeper: ServerKeeper;

beforeEach(() => {
  clock = createManualClock();
  fakes = [];
  told = [];
  keeper = createServerKeeper({
    start: async () => {
      const fake = createFake(fakes.length + 1);
      fakes.push(fake);
      return fake;
    },
    onMessage: () => {},
    onActive: async ({pid}) => void told.push(`active ${pid}`),
    onGone: ({pid}) => void told.push(`gone ${pid}`),
    readyTimeoutMs: 1_000,
    drainTimeoutMs: 5_000,
    clock,
    say: text => void told.push(text),
  });
});

/** The process of that number, once it is there. */
const fake = (number: number): Promise<Fake> =>
  eventually(() => {
    const found = fakes[number - 1];
    assert.ok(found, `there is no process ${number}`);
    return found;
  });

async function firstReady(): Promise<Fake> {
  const first = await fake(1);
  await serve(first);
  return first;
}

/** It says that it is ready, and that it accepts connections. */
async function serve(process: Fake): Promise<void> {
  await eventually(() => {
    keeper.ready(process);
    assert.ok(keeper.isActive(process));
  });
  keeper.accepting(process);
}

describe('the keeper of the server process', () => {
  it('has a new one that is not ready in time killed, and the old one goes on', async () => {
    const first = await firstReady();
    const reload = keeper.reload();
    const second = await fake(2);
    clock.pass(999);
    await eventually(() => assert.deepEqual(second.killed, []));
    clock.pass(1);
    await assert.rejects(reload, {
      code: 'RELOAD_FAILED',
      message: 'the new server process did not become ready: it was not ready within 1 s',
      details: ['its last words'],
    });
    assert.deepEqual([second.killed, first.sent, keeper.isActive(first)], [['SIGKILL'], [], true]);
    // What it says later changes nothing.
    keeper.ready(second);
    assert.ok(keeper.isActive(first));
  });

  it('tells the old one to finish when the new one accepts connections', async () => {
    const first = await firstReady();
    const reload = keeper.reload();
    const second = await fake(2);
    await eventually(() => {
      keeper.ready(second);
      assert.ok(keeper.isActive(second));
    });
    assert.deepEqual(first.sent, []);
    keeper.accepting(second);
    assert.deepEqual(await reload, {pid: 2});
    await eventually(() => assert.deepEqual(first.sent, ['drain']));
    assert.deepEqual(told, ['active 1', 'active 2']);
    clock.pass(5_000);
    await eventually(() => assert.deepEqual(first.killed, ['SIGKILL']));
  });

  it('shares a reload that is under way', async () => {
    await firstReady();
    const [one, other] = [keeper.reload(), keeper.reload()];
    await serve(await fake(2));
    assert.deepEqual(await Promise.all([one, other]), [{pid: 2}, {pid: 2}]);
    assert.equal(fakes.length, 2);
  });

  it('starts another after a pause that grows with each failure', async () => {
    const pauses: number[] = [];
    for (let round = 1; round <= 9; round++) {
      (await fake(round)).exit({code: 1});
      await eventually(() => assert.equal(told.filter(text => text.startsWith('the new server')).length, round));
      let waited = 0;
      while (fakes.length === round) {
        clock.pass(100);
        waited += 100;
        await new Promise(resolve => setImmediate(resolve));
      }
      pauses.push(waited);
    }
    assert.deepEqual(pauses, [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
  });

  it('waits for the new one when the old one dies meanwhile', async () => {
    const first = await firstReady();
    const reload = keeper.reload();
    const second = await fake(2);
    first.exit({code: null, signal: 'SIGKILL'});
    await eventually(() => assert.ok(told.includes('gone 1')));
    clock.pass(900);
    await serve(second);
    assert.deepEqual(await reload, {pid: 2});
    assert.equal(fakes.length, 2);
  });

  it('leaves the old one accepting when the new one dies before it does, and starts a third', async () => {
    const first = await firstReady();
    const reload = keeper.reload();
    const second = await fake(2);
    await eventually(() => {
      keeper.ready(second);
      assert.ok(keeper.isActive(second));
    });
    second.exit({code: 1});
    await assert.rejects(reload, {code: 'RELOAD_FAILED'});
    assert.deepEqual([first.sent, first.killed], [[], []]);
    await eventually(() => {
      clock.pass(100);
      assert.equal(fakes.length, 3);
    });
    await serve(await fake(3));
    await eventually(() => assert.deepEqual(first.sent, ['drain']));
  });

  it('starts none any more when it closes, and has the active one finish', async () => {
    const first = await firstReady();
    const closed = keeper.close(1_000);
    await eventually(() => assert.deepEqual(first.sent, ['drain']));
    first.exit();
    await closed;
    clock.pass(100_000);
    await assert.rejects(keeper.reload(), {code: 'HOLDER_STOPPING'});
    assert.equal(fakes.length, 1);
  });
});
