import assert from 'node:assert/strict';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, beforeAll, it} from 'vitest';
import {WebSocket} from 'ws';
import {eventually} from '../helpers/eventually.js';
import {scaled} from '../helpers/soak.js';
import {type Live, type LiveApp, serverFiles, serverOf, startLive} from './live.js';

const EDITS = scaled(6, 100);
const CONNECTIONS = 8;

let live: Live;

beforeAll(async () => {
  live = await startLive();
});

afterAll(() => live.close());

it(`${EDITS} edits under load, with keep-alive and a WebSocket that connects again, fail no request`, async () => {
  const app = await live.add('busy', serverFiles('v0'));
  await app.get();
  const over = new AbortController();
  const load = Array.from({length: CONNECTIONS}, () => ask(app, over.signal));
  const socket = keepSocket(app, over.signal);
  for (let edit = 1; edit <= EDITS; edit++) {
    await app.write('server.mjs', serverOf(`v${edit}`));
    await eventually(async () => assert.match((await app.get()).body, new RegExp(`^v${edit} `)));
  }
  over.abort();
  const answers = (await Promise.all(load)).flat();
  const {connected, failures} = await socket;
  assert.deepEqual([answers.filter(({isGood}) => !isGood), failures], [[], []]);
  assert.ok(new Set(answers.map(({version}) => version)).size > EDITS / 2, 'the load saw the edits');
  assert.ok(connected > 1, 'the socket was open at a restart');
}, 600_000);

type Seen = {readonly isGood: boolean; readonly version: string; readonly what: string};

/** Asks again as soon as it is answered, on a connection that is kept. */
async function ask(app: LiveApp, over: AbortSignal): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  while (!over.aborted) {
    const answer = await app.get().catch(error => ({status: 0, body: String(error)}));
    const [version = ''] = answer.body.split(' ');
    seen.push({
      isGood: answer.status === 200 && /^v\d+$/.test(version),
      version,
      what: `${answer.status} ${answer.body}`,
    });
    await delay(2);
  }
  return seen;
}

/** Connects again whenever its socket is closed, as pages do. That an attempt is refused is a failure. */
async function keepSocket(app: LiveApp, over: AbortSignal): Promise<{connected: number; failures: readonly string[]}> {
  const failures: string[] = [];
  const {port} = live.daemon.info.https;
  let connected = 0;
  while (!over.aborted) {
    const socket = new WebSocket(`wss://localhost:${port}/`, {rejectUnauthorized: false, headers: {host: app.host}});
    await new Promise<void>(resolve => {
      const leave = (): void => socket.terminate();
      over.addEventListener('abort', leave, {once: true});
      socket.once('open', () => {
        connected += 1;
      });
      socket.on('error', error => {
        if (!over.aborted && socket.readyState === WebSocket.CONNECTING) failures.push(String(error));
      });
      socket.once('close', () => {
        over.removeEventListener('abort', leave);
        resolve();
      });
    });
  }
  return {connected, failures};
}
