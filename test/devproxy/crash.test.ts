import assert from 'node:assert/strict';
import {request} from 'undici';
import {afterAll, beforeAll, describe, it} from 'vitest';
import type {AppStatus} from '../../src/control/events.js';
import {MAX_CRASHES} from '../../src/supervisor/crash-policy.js';
import {type Live, type LiveApp, NAVIGATION, SERVER_TOML, serverFiles, serverOf, startLive} from './live.js';

let live: Live;

beforeAll(async () => {
  live = await startLive();
});

afterAll(() => live.close());

const isReady = ({state}: AppStatus): boolean => state === 'ready';

/** Ends with code 1 when it is told to. */
const CRASHES = `process.on('SIGUSR2', () => { throw new Error('lost the queue'); });`;

/** Lets it crash as soon as it is ready, for as often as it is started again by itself. */
async function crashUntilGivenUp(app: LiveApp, lastBy: NodeJS.Signals = 'SIGUSR2'): Promise<AppStatus> {
  let last: number | null = null;
  for (let crashes = 0; crashes < MAX_CRASHES; crashes++) {
    const {pid} = await app.until(status => isReady(status) && status.pid !== last);
    process.kill(Number(pid), crashes === MAX_CRASHES - 1 ? lastBy : 'SIGUSR2');
    last = pid;
  }
  return app.until(({state, problem}) => state === 'exited' && problem !== null);
}

/** Says when it is asked, and then answers never: /begun with a part of an answer, of known length or not; others with nothing. */
const HANGING = `
import {createServer} from 'node:http';

createServer((request, response) => {
  const {pathname, searchParams} = new URL(request.url, 'http://app');
  if (pathname === '/') return response.end(String(process.pid));
  if (searchParams.has('length')) response.setHeader('content-length', searchParams.get('length'));
  if (pathname === '/begun') response.write('the beginning');
  console.log('asked for ' + request.url);
}).listen(Number(process.env.PORT), process.env.HOST);
`;

/** POST, as what may be asked twice is asked again of the next process. */
async function post({host}: LiveApp, target: string) {
  const {dispatcher, daemon} = live;
  return request(`https://${host}:${daemon.info.https.port}${target}`, {dispatcher, method: 'POST'});
}

/** Asks for the beginning of an answer; `rest` is what reading on comes to. */
async function begin(app: LiveApp, target: string): Promise<{readonly rest: Promise<string>}> {
  const {body} = await post(app, target);
  const first = await new Promise(resolve => body.once('data', resolve));
  assert.equal(String(first), 'the beginning');
  const rest = body.toArray().then(
    () => 'ended',
    () => 'aborted',
  );
  return {rest};
}

describe('kill -9 of an app', () => {
  it('ends no request in flight as if it were answered, and the next one waits for the restart', async () => {
    const app = await live.add('hanging', {'tako.toml': SERVER_TOML, 'server.mjs': HANGING});
    await app.get();
    const {pid} = await app.until(isReady);
    const unanswered = Promise.all(['/one', '/two'].map(target => post(app, target)));
    const begun = await Promise.all(['/begun', '/begun?length=1000'].map(target => begin(app, target)));
    await Promise.all([app.untilLogged(/^asked for \/one$/), app.untilLogged(/^asked for \/two$/)]);
    process.kill(Number(pid), 'SIGKILL');
    assert.deepEqual(await Promise.all(begun.map(({rest}) => rest)), ['aborted', 'aborted']);
    assert.deepEqual(
      (await unanswered).map(({statusCode}) => statusCode),
      [502, 502],
    );
    const next = await app.get();
    assert.deepEqual(next, {...next, status: 200, body: String((await app.status()).pid)});
    assert.notEqual(next.body, String(pid));
  });

  it('fails none of the requests that come before it runs again', async () => {
    const app = await live.add('killed', serverFiles('v1'));
    await app.get();
    for (let round = 0; round < 3; round++) {
      const {pid} = await app.until(isReady);
      process.kill(Number(pid), 'SIGKILL');
      const answers = await Promise.all(Array.from({length: 50}, () => app.get()));
      const bodies = new Set(answers.map(({status, body}) => `${status} ${body}`));
      assert.deepEqual(bodies, new Set([`200 v1 ${(await app.status()).pid}`]), `round ${round}`);
      assert.ok(!bodies.has(`200 v1 ${pid}`));
    }
    assert.ok((await app.log()).some(line => /^tako: pid \d+ exited with signal SIGKILL: it crashed/.test(line)));
  });

  it('is answered by a restart though nobody asks for it', async () => {
    const app = await live.add('revived', serverFiles('v1'));
    await app.get();
    const {pid} = await app.status();
    process.kill(Number(pid), 'SIGKILL');
    await app.until(status => isReady(status) && status.pid !== pid);
    assert.equal((await app.status()).problem, null);
  });
});

describe('an app that crashes again and again', () => {
  it('is given up, says so and why, and is tried again by a request', async () => {
    const app = await live.add('loops', serverFiles('v1', '', CRASHES));
    await app.get();
    const {problem, exit} = await crashUntilGivenUp(app);
    assert.deepEqual([problem?.code, exit?.code], ['APP_CRASHED', 1]);
    assert.match(problem?.message ?? '', /Error: lost the queue at server\.mjs/);
    const said = (await app.log()).filter(line => /^tako: pid \d+ exited/.test(line));
    assert.equal(said.length, MAX_CRASHES);
    assert.match(
      said.at(-1) ?? '',
      /the 5th crash within a minute: not started again until it is asked for or changed/,
    );
    assert.equal((await app.get('/', NAVIGATION)).status, 200);
    assert.equal((await app.status()).problem, null);
  });

  it('is not said to have failed the last time for what an earlier process said', async () => {
    const app = await live.add('silent', serverFiles('v1', '', CRASHES));
    await app.get();
    const {problem} = await crashUntilGivenUp(app, 'SIGKILL');
    assert.equal(problem?.message, 'silent crashed with signal SIGKILL: it was killed');
  });

  it('is tried again when its source changes', async () => {
    const app = await live.add('mended', serverFiles('v1', '', CRASHES));
    await app.get();
    await crashUntilGivenUp(app);
    await app.write('server.mjs', serverOf('v2'));
    await app.until(isReady);
    assert.match((await app.get()).body, /^v2 /);
  });
});
