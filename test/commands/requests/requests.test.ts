import assert from 'node:assert/strict';
import {readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {Ajv} from 'ajv';
import {Agent, request} from 'undici';
import {afterAll, beforeAll, describe, it} from 'vitest';
import type {ExchangeDetail, ExchangeEvent, ExchangeSummary} from '../../../src/control/exchanges.js';
import {createProject, type TestProject} from '../../helpers/project.js';
import {environmentOf, findApp, shareTako} from '../../helpers/shared-tako.js';
import {cli, documentOf, errorOf, start, temporaryFolder} from '../support.js';
import {HAR_SCHEMA} from './har-schema.js';

// Requests to a real app, through a daemon of its own.

const tako = shareTako();

/** Says what it was sent; /fail fails, /events goes on. */
const APP = `
import {createServer} from 'node:http';
createServer((request, response) => {
  const chunks = [];
  request.on('data', chunk => chunks.push(chunk));
  request.on('end', () => {
    if (request.url === '/events') {
      response.setHeader('content-type', 'text/event-stream');
      return response.write('data: 1\\n\\n');
    }
    response.statusCode = request.url === '/fail' ? 500 : 200;
    response.setHeader('content-type', 'application/json');
    response.setHeader('set-cookie', 'sid=S3CR3T');
    const {method, url, headers} = request;
    response.end(JSON.stringify({method, url, lengths: [headers.authorization?.length, headers['x-own']?.length], token: 'S3CR3T', body: Buffer.concat(chunks).length}));
  });
}).listen(Number(process.env.PORT), process.env.HOST);
`;

let project: TestProject;
let origin = '';
let dispatcher: Agent;

beforeAll(async () => {
  project = createProject('asked');
  project.write('server.mjs', APP);
  project.write('tako.toml', 'name = "asked"\ndev = ["node", "server.mjs"]\n[inspector]\nmask = ["X-Own"]\n');
  documentOf(await tako.run(['ensure', '--json'], {cwd: project.directory}));
  const {daemon} = await tako.status();
  assert.ok(daemon);
  origin = `https://asked.test:${daemon.https.port}`;
  dispatcher = new Agent({
    connect: {
      ca: readFileSync(daemon.rootCertificate, 'utf8'),
      lookup: (_host, _options, done) => done(null, [{address: '127.0.0.1', family: 4}]),
    },
  });
});

afterAll(async () => {
  await dispatcher.destroy();
  project.remove();
});

type Asked = {readonly method?: string; readonly body?: string; readonly type?: string};

/** Asks the app, and gives the number of the request. */
async function ask(target: string, {type = 'text/plain', ...options}: Asked = {}): Promise<number> {
  const headers = {authorization: 'Bearer S3CR3T', 'x-own': 'S3CR3T', 'content-type': type};
  const {body} = await request(`${origin}${target}`, {dispatcher, headers, ...options} as Parameters<
    typeof request
  >[1]);
  await body.text();
  const [last] = await list('-n', '1');
  assert.ok(last);
  return last.id;
}

const eventsIn = (stdout: string): ExchangeEvent[] =>
  stdout
    .trimEnd()
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line));

async function list(...args: readonly string[]): Promise<ExchangeSummary[]> {
  const {code, stdout, stderr} = await tako.run(['requests', 'asked', '--json', ...args]);
  assert.equal(code, 0, stderr);
  return eventsIn(stdout).flatMap(event => (event.type === 'request' ? event.exchange : []));
}

async function show(id: number): Promise<ExchangeDetail> {
  return documentOf(await tako.run(['requests', 'show', String(id), '--json'])).request as ExchangeDetail;
}

describe('tako requests', () => {
  it('lists what the app of this folder was asked, with no secret', async () => {
    await ask('/?token=S3CR3T');
    const {stdout, stderr, code} = await tako.run(['requests'], {cwd: project.directory});
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(
      stdout,
      /^\d\d:\d\d:\d\d +\d+ {2}200 {2}GET +[\d.]+ m?s {2}https:\/\/asked\.test:\d+\/\?token=\*\*\*$/m,
    );
    assert.ok(!stdout.includes('S3CR3T'));
  });

  it('lists those that are asked for', async () => {
    const failed = await ask('/fail');
    const posted = await ask('/posted', {method: 'POST', body: 'x'});
    const idsOf = async (...args: readonly string[]): Promise<number[]> => (await list(...args)).map(({id}) => id);
    assert.ok((await idsOf('--status', '5xx')).includes(failed));
    assert.ok(!(await idsOf('--status', '5xx')).includes(posted));
    assert.deepEqual(await idsOf('--method', 'post', '--url', '/POSTED', '--lines', '1'), [posted]);
  });

  it('says what is wrong with what is asked for', async () => {
    assert.equal(errorOf(await tako.run(['requests', 'nobody', '--json'])).code, 'NO_SUCH_APP');
    const status = await tako.run(['requests', 'asked', '--status', '9xx']);
    assert.equal(status.code, 2);
    assert.match(status.stderr, /"9xx" is not a status/);
    assert.equal((await tako.run(['requests', 'show', 'x'])).code, 2);
    assert.equal(errorOf(await tako.run(['requests', 'show', '999999', '--json'])).code, 'NO_SUCH_REQUEST');
  });

  it('follows: each request once when it is over, and those that last when they begin', async () => {
    const options = {cwd: project.directory, env: environmentOf(tako)};
    const following = start(cli('requests', '-f', '-n', '1', '--url', '/followed'), options);
    const streaming = start(cli('requests', '-f', '-n', '1', '--url', '/events'), options);
    const json = start(cli('requests', '-f', '-n', '0', '--json'), options);
    // One that is asked before they listen shows nothing: so it is asked until they do.
    let asked = 0;
    const asking = setInterval(() => void ask(`/followed?${asked++}`).catch(() => undefined), 300);
    await Promise.all([following.until('/followed'), json.until('/followed')]);
    clearInterval(asking);
    const events = await request(`${origin}/events`, {dispatcher});
    await streaming.until('/events');
    events.body.destroy();
    events.body.on('error', () => undefined);
    const lines = following.output().trimEnd().split('\n');
    assert.equal(new Set(lines).size, lines.length);
    for (const running of [following, streaming, json]) running.child.kill('SIGINT');
    await Promise.all([following.ended, streaming.ended]);
    const {stdout} = await json.ended;
    assert.ok(eventsIn(stdout).every(event => event.type === 'request'));
  });
});

describe('tako requests show', () => {
  it('prints a request and its answer, with no secret', async () => {
    const id = await ask('/shown', {method: 'POST', body: '{"password":"S3CR3T"}'});
    const {stdout, code} = await tako.run(['requests', 'show', `#${id}`]);
    assert.equal(code, 0);
    for (const text of [
      '/shown  200 OK',
      'authorization: Bearer ***',
      'x-own: ***',
      'set-cookie: sid=***',
      '"token": "***"',
      'first byte',
    ]) {
      assert.ok(stdout.includes(text), `${text} in\n${stdout}`);
    }
    assert.ok(!stdout.includes('S3CR3T'));
    const detail = await show(id);
    assert.equal(detail.request.body?.data, '{"password":"***"}');
  });
});

describe('tako requests replay', () => {
  it('sends it again with its secrets, and prints the new answer', async () => {
    const id = await ask('/again', {method: 'PUT', body: 'four'});
    const {stdout, code} = await tako.run(['requests', 'replay', String(id)]);
    assert.equal(code, 0, stdout);
    assert.match(stdout, new RegExp(`replay of ${id}`));
    assert.match(stdout, /"lengths": \[\s+13,\s+6\s+\]/);
    assert.match(stdout, /"body": 4/);
  });

  it('sends it as its flags say', async () => {
    const id = await ask('/flags', {method: 'POST', body: 'four'});
    const file = path.join(temporaryFolder(), 'data');
    writeFileSync(file, Buffer.of(1, 2, 3, 0xff, 5));
    const changes = [
      '--method',
      'PATCH',
      '--path',
      '/changed?x',
      '--header',
      'X-Own: mine',
      '--header',
      'authorization:',
      '--data',
      `@${file}`,
    ];
    const replayed = documentOf(await tako.run(['requests', 'replay', String(id), ...changes, '--json']))
      .request as ExchangeDetail;
    assert.equal(replayed.replayOf, id);
    assert.deepEqual(JSON.parse(replayed.response?.body?.data ?? ''), {
      method: 'PATCH',
      url: '/changed?x',
      lengths: [null, 4],
      token: '***',
      body: 5,
    });
  });

  it('says why it sends nothing', async () => {
    const id = String(await ask('/refused'));
    const codeOf = async (...args: readonly string[]): Promise<string> =>
      errorOf(await tako.run(['requests', 'replay', id, '--json', ...args])).code;
    assert.equal(await codeOf('--edit'), 'NO_TERMINAL');
    assert.equal(await codeOf('--edit', '--method', 'PUT'), 'OPTIONS_INVALID');
    assert.equal(await codeOf('--header', 'nonsense'), 'OPTIONS_INVALID');
    assert.equal(await codeOf('--data', '@/nowhere/at/all'), 'FILE_UNREADABLE');
    assert.equal(await codeOf('--path', 'https://elsewhere.test/'), 'REPLAY_INVALID');
  });
});

describe('tako requests export', () => {
  it('writes an archive that follows the format, for this user alone, with no secret', async () => {
    await ask('/exported?password=S3CR3T', {
      method: 'POST',
      type: 'application/x-www-form-urlencoded',
      body: 'token=S3CR3T',
    });
    const file = path.join(temporaryFolder(), 'requests.har');
    const {requests} = documentOf(await tako.run(['requests', 'export', '--har', file, '--app', 'asked', '--json']));
    const text = readFileSync(file, 'utf8');
    const ajv = new Ajv();
    ajv.addFormat('uri', URL.canParse).addFormat('date-time', true);
    const har: {log: {entries: unknown[]}} = JSON.parse(text);
    assert.equal(ajv.validate(HAR_SCHEMA, har), true, JSON.stringify(ajv.errors));
    assert.equal(har.log.entries.length, requests);
    assert.ok(text.includes('/exported?password=***'));
    assert.ok(!text.includes('S3CR3T'));
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const {stdout} = await tako.run(['requests', 'export', '--har'], {cwd: project.directory});
    assert.equal(JSON.parse(stdout).log.version, '1.2');
  });

  it('says so where the file cannot be written', async () => {
    const error = errorOf(await tako.run(['requests', 'export', '--har', '/nowhere/at/all.har', '--json']));
    assert.equal(error.code, 'EXPORT_FAILED');
  });
});

describe('the status of an app', () => {
  it('has what it is asked for, and how often it was restarted', async () => {
    await ask('/counted');
    const before = await findApp(tako, 'asked');
    assert.ok(before && before.traffic.requests > 0 && before.traffic.requestsPerSecond > 0);
    assert.notEqual(before.traffic.p95Ms, null);
    assert.equal((await tako.run(['restart', 'asked'])).code, 0);
    assert.equal((await findApp(tako, 'asked'))?.restarts, before.restarts + 1);
  });
});
