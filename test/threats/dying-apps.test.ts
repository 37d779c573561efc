// Apps that die, at any moment and in any way. What a client gets is all of an answer, a clean error, or an answer that is
// visibly cut off; never a part that looks like the whole.

import assert from 'node:assert/strict';
import {type ChildProcess, fork} from 'node:child_process';
import {once} from 'node:events';
import {Agent, request as requestHttp} from 'node:http';
import type {Socket} from 'node:net';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import type {Upstream} from '../../src/proxy/upstream.js';
import {createRandom} from '../helpers/random.js';
import {scaled} from '../helpers/soak.js';
import {onEachHead} from '../proxy/conformance/scripted-upstream.js';
import {fetchHttp2, HOST, openHttp2, startRawUpstream} from '../proxy/harness.js';
import {startProxyHere} from './proxy-here.js';

const APP = path.resolve(import.meta.dirname, 'fixtures/app.mjs');
/** What the app of the fixture answers. */
const WHOLE = 8 * 4_096;

const SEED = 20_260_303;

type AppProcess = Upstream & {
  /** The requests it has told of, in order. */
  readonly seen: readonly string[];
  kill(): void;
};

async function startAppProcess(): Promise<AppProcess> {
  const child: ChildProcess = fork(APP, {execArgv: []});
  onTestFinished(() => void child.kill('SIGKILL'));
  const seen: string[] = [];
  const [{port}] = (await once(child, 'message')) as [{port: number}];
  child.on('message', (message: {seen: string}) => seen.push(message.seen));
  return {host: '127.0.0.1', port, seen, kill: () => void child.kill('SIGKILL')};
}

type Result = {readonly status: number; readonly length: number; readonly end: 'whole' | 'cut off' | 'no answer'};

/** `onData` is called with each part of the answer that comes. */
function ask(
  port: number,
  method: string,
  target: string,
  agent: Agent,
  onData: () => void = () => undefined,
): Promise<Result> {
  return new Promise(resolve => {
    let [status, length] = [0, 0];
    const finish = (end: Result['end']): void => resolve({status, length, end});
    const request = requestHttp({port, host: '127.0.0.1', method, path: target, agent}, response => {
      status = response.statusCode ?? 0;
      response.on('data', chunk => {
        length += chunk.length;
        onData();
      });
      response.on('error', () => undefined);
      response.on('close', () => finish(response.complete ? 'whole' : 'cut off'));
    });
    request.on('error', () => status === 0 && finish('no answer'));
    request.end(method === 'POST' ? 'body' : undefined);
  });
}

/** Runs so many at a time until all are done. */
async function inParallel(count: number, clients: number, run: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({length: clients}, work));
}

const KINDS = ['sized', 'chunked', 'late'] as const;
const REQUESTS = scaled(1_000, 10_000);
const CLIENTS = 50;

describe('an app that is killed in the middle of its work', () => {
  it('fails nobody who can be helped, and nobody takes a part for the whole', async () => {
    const [first, second] = [await startAppProcess(), await startAppProcess()];
    let isKilled = false;
    const proxy = await startProxyHere({
      // The other one is asked when the first did not answer, as a balancer would.
      upstreamPeer: ({attempts}) => (attempts > 1 || isKilled ? second : first),
    });
    const agent = new Agent({keepAlive: true, maxSockets: CLIENTS});
    onTestFinished(() => agent.destroy());
    const results = new Map<string, Result>();
    await inParallel(REQUESTS, CLIENTS, async index => {
      if (index === Math.floor(REQUESTS / 2)) {
        // One answer is under way for certain when it dies.
        const kill = (): void => {
          first.kill();
          setTimeout(() => {
            isKilled = true;
          }, 50);
        };
        results.set('GET /held', await ask(proxy.plainPort, 'GET', '/held', agent, kill));
      }
      const method = index % 4 === 0 ? 'POST' : 'GET';
      const target = `/${KINDS[index % 3]}/${index}`;
      results.set(`${method} ${target}`, await ask(proxy.plainPort, method, target, agent));
    });
    await proxy.untilIdle();
    assertHonest([...results]);
    assert.deepEqual(
      [...results].filter(([name, {status}]) => name.startsWith('GET') && status !== 200),
      [],
    );
    assert.equal(results.get('GET /held')?.end, 'cut off');
    assert.ok(second.seen.length > REQUESTS / 4);
    const posts = [...first.seen, ...second.seen].filter(name => name.startsWith('POST'));
    assert.equal(new Set(posts).size, posts.length, 'a POST was sent twice');
  });

  it('is a clean error for everybody while there is no other', async () => {
    const app = await startAppProcess();
    const proxy = await startProxyHere({upstream: app});
    const agent = new Agent({keepAlive: true, maxSockets: CLIENTS});
    onTestFinished(() => agent.destroy());
    const results = new Map<string, Result>();
    await inParallel(200, CLIENTS, async index => {
      if (index === 75) app.kill();
      results.set(`GET ${index}`, await ask(proxy.plainPort, 'GET', `/${KINDS[index % 3]}/${index}`, agent));
    });
    await proxy.untilIdle();
    assertHonest([...results]);
    assert.ok([...results.values()].some(({status, end}) => status === 502 && end === 'whole'));
  });
});

/** A whole answer of 200 has all of its bytes, and what is not one says so. */
function assertHonest(results: readonly (readonly [string, Result])[]): void {
  const dishonest = results.filter(([, {status, length, end}]) => {
    if (status === 200) return end === 'whole' && length !== WHOLE;
    return end === 'whole' && ![502, 503, 504].includes(status);
  });
  assert.deepEqual(dishonest, []);
}

/** Answers that are cut at a random byte, some of them nowhere. */
const ANSWERS = [
  `HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n${'sized'.repeat(8)}`,
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n${'chunk'.repeat(4)}\r\n14\r\n${'chunk'.repeat(4)}\r\n0\r\n\r\n`,
  `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n${'later'.repeat(8)}`,
] as const;
const BODY_BYTES = 40;
const WAYS_TO_DIE = ['end', 'destroy', 'resetAndDestroy'] as const;

/** Dies somewhere in each answer: before its first byte, in its head, in its body, or behind it. */
async function startMortalApp(): Promise<Upstream> {
  const random = createRandom(SEED);
  return startRawUpstream((socket: Socket) => {
    socket.setNoDelay(true);
    onEachHead(socket, () => {
      const answer = ANSWERS[random.below(ANSWERS.length)] ?? '';
      const cut = random.below(3) === 0 ? answer.length : random.below(answer.length);
      const way = WAYS_TO_DIE[random.below(3)] ?? 'end';
      socket.write(answer.slice(0, cut), () => cut < answer.length && socket[way]());
    });
  });
}

describe('an app that dies at a random byte of each answer', () => {
  it('is never believed over HTTP/1.1', async () => {
    const proxy = await startProxyHere({upstream: await startMortalApp()});
    const agent = new Agent({keepAlive: true, maxSockets: 8});
    onTestFinished(() => agent.destroy());
    const ends: Record<string, number> = {};
    await inParallel(scaled(400, 10_000), 8, async () => {
      const {status, length, end} = await ask(proxy.plainPort, 'GET', '/', agent);
      if (end === 'whole')
        assert.ok(status === 502 || (status === 200 && length === BODY_BYTES), `${status} ${length}`);
      ends[end] = (ends[end] ?? 0) + 1;
    });
    assert.ok((ends.whole ?? 0) > 0 && (ends['cut off'] ?? 0) > 0, JSON.stringify(ends));
    await proxy.untilIdle();
  });

  it('is never believed over HTTP/2', async () => {
    const proxy = await startProxyHere({upstream: await startMortalApp()});
    const session = openHttp2({https: {port: proxy.securePort}} as Parameters<typeof openHttp2>[0], HOST);
    const ends: Record<string, number> = {};
    await inParallel(scaled(400, 10_000), 8, async () => {
      const end = await fetchHttp2(session).then(
        ({status, body}) => {
          assert.ok(status === 502 || (status === 200 && body.length === BODY_BYTES), `${status} ${body.length}`);
          return 'whole';
        },
        () => 'reset',
      );
      ends[end] = (ends[end] ?? 0) + 1;
    });
    assert.ok((ends.whole ?? 0) > 0 && (ends.reset ?? 0) > 0, JSON.stringify(ends));
    await proxy.untilIdle();
  });
});
