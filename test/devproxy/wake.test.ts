import assert from 'node:assert/strict';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {WebSocket} from 'ws';
import {isRunning, processIdentity} from '../../src/system/processes.js';
import {eventually} from '../helpers/eventually.js';
import {type Answer, type Live, type LiveApp, NAVIGATION, serverFiles, serverOf, startLive} from './live.js';

let live: Live;

beforeAll(async () => {
  live = await startLive();
});

afterAll(() => live.close());

/** Keeps the program from listening until the file flags/go is there. */
const WAITS = `while (!existsSync('flags/go')) await delay(10);`;

/** The state that the waiting page is told. */
const startState = async (app: LiveApp): Promise<Record<string, unknown>> =>
  JSON.parse((await app.get('/_tako/start?at=/')).body);

describe('an app that sleeps', () => {
  it('is woken by a request', async () => {
    const app = await live.add('woken', serverFiles('v1'));
    assert.equal((await app.status()).state, 'stopped');
    const {status, body} = await app.get();
    const {state, pid} = await app.status();
    assert.deepEqual([status, body, state], [200, `v1 ${pid}`, 'ready']);
  });

  it('is started once for 200 requests that wait', async () => {
    const app = await live.add('shared', serverFiles('v1', '', WAITS));
    const answers = Array.from({length: 200}, () => app.get());
    const {pid} = await app.until(({state}) => state === 'starting');
    await app.write('flags/go', '');
    const bodies = (await Promise.all(answers)).map(({status, body}) => `${status} ${body}`);
    assert.deepEqual([...new Set(bodies)], [`200 v1 ${pid}`]);
    const starts = (await app.log()).filter(line => /^tako: pid \d+ started:/.test(line));
    assert.equal(starts.length, 1);
  });

  it('shows a browser that it starts, and what it says, until it is there', async () => {
    const app = await live.add('watched', serverFiles('v1', '', `console.log('migrating');${WAITS}`));
    const page = await app.get('/', NAVIGATION);
    assert.deepEqual([page.status, page.type], [503, 'text/html; charset=utf-8']);
    assert.match(page.body, /migrating/);
    const told = await startState(app);
    assert.deepEqual([told.state, told.word, told.lines], ['starting', 'starting', ['migrating']]);
    await app.write('flags/go', '');
    await eventually(async () => assert.equal((await startState(app)).state, 'ready'));
    assert.match((await app.get('/', NAVIGATION)).body, /^v1 /);
  });

  it('shows a browser nothing of what the process before it said', async () => {
    const says = (version: string): string => `console.log('says ${version}');${WAITS}`;
    const app = await live.add('anew', serverFiles('v1', 'restart = "stop-first"\n', says('v1')));
    await app.write('flags/go', '');
    await app.get();
    app.remove('flags/go');
    await app.write('server.mjs', serverOf('v2', says('v2')));
    await app.untilLogged(/^says v2$/);
    assert.deepEqual((await startState(app)).lines, ['says v2']);
    await app.write('flags/go', '');
  });

  it('that fails tells everyone who waits at once, a browser in a page, and the next request tries again', async () => {
    const app = await live.add(
      'fails',
      serverFiles('v1', '', `if (!existsSync('flags/fixed')) throw new Error('no database');`),
    );
    const [page, json, text] = await Promise.all([
      navigate(app),
      app.get('/', {accept: 'application/json'}),
      app.get('/', {accept: '*/*'}),
    ]);
    assert.deepEqual([page.status, json.status, text.status], [502, 502, 502]);
    assert.match(page.body, /Error: no database/);
    assert.equal((await app.status()).problem?.code, 'APP_CRASHED');
    await app.write('flags/fixed', '');
    assert.match((await app.get()).body, /^v1 /);
    assert.equal((await app.status()).problem, null);
  });
});

describe('an app that nobody uses', () => {
  const IDLE = '[envs.development]\nidle_timeout = "1s"\n';

  it('stops with its whole group, and wakes again', async () => {
    const app = await live.add(
      'idle',
      serverFiles(
        'v1',
        IDLE,
        `import {spawn} from 'node:child_process';
console.log(spawn('sleep', ['600']).pid);`,
      ),
    );
    await app.get();
    const {pid} = await app.status();
    const child = Number((await app.log()).find(line => /^\d+$/.test(line)));
    await app.until(({state}) => state === 'stopped');
    await app.untilLogged(/^tako: stopping, because nothing used it for 1 s$/);
    for (const ended of [Number(pid), child]) {
      const identity = await processIdentity(ended);
      assert.ok(!identity || !isRunning(identity), `${ended} is gone`);
    }
    assert.match((await app.get()).body, /^v1 /);
    assert.notEqual((await app.status()).pid, pid);
  });

  it('is used by an open WebSocket, a stream and a terminal', async () => {
    const [socketed, streamed, attended, unused] = await Promise.all(
      ['socketed', 'streamed', 'attended', 'unused'].map(name => live.add(name, serverFiles('v1', IDLE))),
    );
    assert.ok(socketed && streamed && attended && unused);
    const socket = await openSocket(socketed);
    const stream = streamed.get(`/until?${streamed.directory}/flags/over`);
    const terminal = await live.connect();
    void terminal.call('attach', {name: 'attended', after: 0}).catch(() => undefined);
    await attended.until(({clients}) => clients === 1);
    await Promise.all([attended.get(), streamed.until(({state}) => state === 'ready')]);
    // It is the last to become ready, so that it stops after the others would.
    await unused.get();
    await unused.until(({state}) => state === 'stopped');
    for (const app of [socketed, streamed, attended]) assert.equal((await app.status()).state, 'ready', app.name);
    socket.terminate();
    await streamed.write('flags/over', '');
    assert.match((await stream).body, /^v1 /);
    await Promise.all([socketed, streamed].map(app => app.until(({state}) => state === 'stopped')));
    terminal.close();
  });
});

async function openSocket(app: LiveApp): Promise<WebSocket> {
  const {port} = live.daemon.info.https;
  const socket = new WebSocket(`wss://localhost:${port}/`, {rejectUnauthorized: false, headers: {host: app.host}});
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return socket;
}

/** Goes to the app as a browser does, which a start that takes longer shows a page that follows it. */
async function navigate(app: LiveApp): Promise<Answer> {
  for (;;) {
    const page = await app.get('/', NAVIGATION);
    if (page.status !== 503) return page;
  }
}
