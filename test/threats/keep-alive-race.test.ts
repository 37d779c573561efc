// An app closes a connection it kept in the moment in which the proxy sends the next request on it. Nobody is to blame, so
// nobody may suffer: what is safe to send again is, and what is not is reported, and never done twice.

import assert from 'node:assert/strict';
import {Agent, request as requestHttp} from 'node:http';
import type {Socket} from 'node:net';
import {describe, it, onTestFinished} from 'vitest';
import {createRandom} from '../helpers/random.js';
import {scaled} from '../helpers/soak.js';
import {onEachHead} from '../proxy/conformance/scripted-upstream.js';
import {startRawUpstream} from '../proxy/harness.js';
import {startProxyHere} from './proxy-here.js';

const SEED = 20_260_301;
const REQUESTS = scaled(1_500, 30_000);
const CLIENTS = 32;

const WAYS_TO_CLOSE = ['end', 'destroy', 'resetAndDestroy'] as const;

/** Answers with the request's own target, and lets go of each connection a random moment after an answer. */
async function startFickleApp() {
  const random = createRandom(SEED);
  const seen = new Map<string, number>();
  let closed = 0;
  const letGo = (socket: Socket): void => {
    closed += 1;
    socket[WAYS_TO_CLOSE[random.below(3)] ?? 'end']();
  };
  const upstream = await startRawUpstream(socket => {
    socket.setNoDelay(true);
    let idleTimer: NodeJS.Immediate | NodeJS.Timeout | undefined;
    onEachHead(socket, head => {
      clearTimeout(idleTimer as NodeJS.Timeout);
      const target = head.split(' ')[1] ?? '';
      seen.set(target, (seen.get(target) ?? 0) + 1);
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`);
      if (random.below(3) === 0) idleTimer = setTimeout(letGo, random.below(4), socket);
    });
  });
  return {upstream, seen, closed: () => closed};
}

type Outcome = {readonly status: number; readonly body: string};

/** Requests one after the other from each of many clients; their outcomes by target. */
async function load(port: number, method: string): Promise<Map<string, Outcome>> {
  const agent = new Agent({keepAlive: true, maxSockets: CLIENTS});
  onTestFinished(() => agent.destroy());
  const outcomes = new Map<string, Outcome>();
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < REQUESTS) {
      const target = `/${method}/${next++}`;
      outcomes.set(target, await ask({port, method, path: target, agent, host: '127.0.0.1'}));
    }
  };
  await Promise.all(Array.from({length: CLIENTS}, work));
  return outcomes;
}

function ask(options: {port: number; method: string; path: string; agent: Agent; host: string}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const request = requestHttp(options, response => {
      let body = '';
      response.setEncoding('latin1').on('data', text => {
        body += text;
      });
      response.on('error', reject).on('end', () => resolve({status: response.statusCode ?? 0, body}));
    });
    request.on('error', reject);
    request.end();
  });
}

const failuresIn = (outcomes: ReadonlyMap<string, Outcome>): readonly [string, Outcome][] =>
  [...outcomes].filter(([target, {status, body}]) => status !== 200 || body !== target);

describe('an app that closes its idle connections at random moments', () => {
  it('costs no GET its answer', async () => {
    const {upstream, closed} = await startFickleApp();
    const {plainPort} = await startProxyHere({upstream});
    const outcomes = await load(plainPort, 'GET');
    assert.ok(closed() > REQUESTS / 20, `it closed ${closed()} connections`);
    assert.deepEqual(failuresIn(outcomes), []);
  });

  it('never gets a POST twice, and its client hears of it when it may be lost', async () => {
    const {upstream, seen} = await startFickleApp();
    const {plainPort} = await startProxyHere({upstream});
    const outcomes = await load(plainPort, 'POST');
    assert.deepEqual(
      [...seen].filter(([, count]) => count > 1),
      [],
    );
    assert.deepEqual(
      failuresIn(outcomes).filter(([, {status}]) => status !== 502),
      [],
    );
  });
});

describe('an app that closes all its idle connections at once', () => {
  it('costs no GET its answer, however many there were', async () => {
    const sockets = new Set<Socket>();
    let isWaiting = true;
    const held: (() => void)[] = [];
    const upstream = await startRawUpstream(socket => {
      sockets.add(socket);
      onEachHead(socket, head => {
        const target = head.split(' ')[1] ?? '';
        const answer = (): void =>
          void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`);
        if (target === '/last') {
          // Every connection that was idle until now is given up, the one that was just used again first of all.
          if (isWaiting) for (const each of new Set([socket, ...sockets])) each.destroy();
          isWaiting = false;
          if (!socket.destroyed) answer();
        } else {
          held.push(answer);
          if (held.length === CLIENTS) for (const each of held) each();
        }
      });
    });
    const {plainPort, untilIdle} = await startProxyHere({upstream});
    const agent = new Agent({keepAlive: true});
    onTestFinished(() => agent.destroy());
    const get = (path: string) => ask({port: plainPort, method: 'GET', path, agent, host: '127.0.0.1'});
    await Promise.all(Array.from({length: CLIENTS}, (_, index) => get(`/${index}`)));
    await untilIdle();
    assert.deepEqual(await get('/last'), {status: 200, body: '/last'});
  });
});
