import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {once} from 'node:events';
import {createServer} from 'node:http';
import {type AddressInfo, connect} from 'node:net';
import {text} from 'node:stream/consumers';
import {describe, it, onTestFinished} from 'vitest';
import {type Ask, askUntil, createAsk, startLoad} from './tutorial-client.js';
import {type Program, startProgram, startUpstream, TUTORIAL} from './tutorial-program.js';

const originOf = ({port}: {readonly port: number}): string => `http://127.0.0.1:${port}`;
const askOf = (program: Program): Ask => createAsk(originOf(program));

/** The program before one upstream. */
async function startBefore(
  name: string,
  upstream: {readonly port: number},
  environment: Readonly<Record<string, string>> = {},
): Promise<Program> {
  return startProgram(name, {environment: {UPSTREAM_PORT: String(upstream.port), ...environment}});
}

describe('the programs', () => {
  it('agree with the types that tako.sh/proxy has', () => {
    execFileSync('npx', ['tsc', '-p', TUTORIAL], {encoding: 'utf8'});
  });

  it.each(['1-first-proxy', '2-load-balancing', '3-filters', '6-caching', '7-rate-limiting'])(
    '%s ends with code 0 on SIGTERM, after the request that has begun',
    async name => {
      const {port, arrived, release} = await startSlowUpstream();
      const program = await startProgram(name, {
        environment: {UPSTREAM_PORT: String(port), UPSTREAM_PORTS: String(port), TOKEN: 'secret'},
      });
      const answer = askOf(program)('/api/', {headers: {authorization: 'Bearer secret'}});
      await arrived;
      const ended = program.end('SIGTERM');
      release();
      assert.deepEqual(await Promise.all([answer.then(({body}) => body), ended]), ['worth the wait', 0]);
    },
  );
});

describe('1: a first proxy', () => {
  it('passes requests on, and says who asks', async () => {
    const upstream = await startUpstream();
    const ask = askOf(await startBefore('1-first-proxy', upstream));
    const seen = JSON.parse((await ask('/headers?a=1')).body);
    assert.equal(seen.target, '/headers?a=1');
    assert.equal(seen['x-forwarded-for'], '127.0.0.1');
    assert.match(seen.forwarded, /^for=127\.0\.0\.1;host="127\.0\.0\.1:\d+";proto=http$/);
    assert.equal((await ask('/echo', {method: 'POST', body: 'hello'})).body, 'hello');
  });

  it('answers 502 when the app is gone', async () => {
    const upstream = await startUpstream();
    const ask = askOf(await startBefore('1-first-proxy', upstream));
    assert.equal((await ask('/')).status, 200);
    await upstream.end('SIGKILL');
    assert.equal((await ask('/')).status, 502);
  });
});

describe('2: load balancing', () => {
  it('asks the upstreams in turn', async () => {
    const {ask, upstreams} = await startBalanced();
    const bodies = [];
    for (let round = 0; round < 6; round++) bodies.push((await ask('/')).body);
    const perPort = upstreams.map(({port}) => bodies.filter(body => body.includes(`of ${port}`)).length);
    assert.deepEqual(perPort, [2, 2, 2]);
  });

  it('fails no request when an upstream is killed under load, and uses it again when it is back', async () => {
    const {ask, upstreams, program} = await startBalanced();
    const [victim] = upstreams as [Program];
    const load = startLoad(ask);
    await load.more(200);
    await victim.end('SIGKILL');
    await program.line(new RegExp(`127.0.0.1:${victim.port} is (unhealthy|ejected)`));
    await load.more(200);
    await startUpstream(victim.port);
    await program.line(new RegExp(`127.0.0.1:${victim.port} is healthy`));
    await askUntil(
      () => ask('/'),
      ({body}) => body.endsWith(`of ${victim.port}\n`),
    );
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.deepEqual(new Set(load.answers.map(({status}) => status)), new Set([200]));
  });

  it('answers 503 when no upstream is left', async () => {
    const {ask, upstreams} = await startBalanced();
    await Promise.all(upstreams.map(upstream => upstream.end('SIGKILL')));
    const {status, fields} = await ask('/');
    assert.deepEqual([status, fields['retry-after']], [503, '1']);
  });
});

describe('3: filters', () => {
  const withToken = {headers: {authorization: 'Bearer secret'}};

  async function startFilters(): Promise<{readonly ask: Ask; readonly upstream: Ask}> {
    const upstream = await startUpstream();
    return {ask: askOf(await startBefore('3-filters', upstream, {TOKEN: 'secret'})), upstream: askOf(upstream)};
  }

  it('answer without an upstream', async () => {
    const {ask, upstream} = await startFilters();
    assert.equal((await ask('/ping')).body, 'pong\n');
    assert.equal((await ask('/elsewhere', withToken)).status, 404);
    const refused = await ask('/api/', {headers: {authorization: 'Bearer guess'}});
    assert.deepEqual([refused.status, refused.fields['www-authenticate']], [401, 'Bearer']);
    assert.match((await upstream('/')).body, /^answer 1 /);
  });

  it('change what the app is asked', async () => {
    const {ask} = await startFilters();
    const seen = JSON.parse((await ask('/api/headers?a=1', withToken)).body);
    assert.equal(seen.target, '/headers?a=1');
    assert.equal(seen['x-user'], 'the one with the token');
    assert.equal(seen.authorization, undefined);
  });

  it('change what the client gets, the body too', async () => {
    const {ask} = await startFilters();
    const page = await ask('/api/?content-type=text/html', withToken);
    assert.match(page.body, /^answer 1 of \d+\n\n<footer>.*<\/footer>\n$/);
    assert.equal(page.fields['x-powered-by'], undefined);
    assert.equal(page.fields['x-content-type-options'], 'nosniff');
    const other = await ask('/api/?content-type=text/plain', withToken);
    assert.match(other.body, /^answer 2 of \d+\n$/);
    assert.equal(other.fields['content-length'], String(other.body.length));
    const head = await ask('/api/?content-type=text/html', {...withToken, method: 'HEAD'});
    assert.deepEqual([head.status, head.body], [200, '']);
  });
});

describe('6: caching', () => {
  async function startCache(environment: Readonly<Record<string, string>> = {}): Promise<Ask> {
    return askOf(await startBefore('6-caching', await startUpstream(), environment));
  }

  it('asks the app once for what may be kept', async () => {
    const ask = await startCache();
    const [first, second] = [await ask('/?cache-control=max-age=60'), await ask('/?cache-control=max-age=60')];
    assert.deepEqual([first.fields['x-cache'], second.fields['x-cache']], ['miss', 'hit']);
    assert.equal(second.body, first.body);
    assert.match(String(second.fields.age), /^\d+$/);
    assert.match((await ask('/other?cache-control=max-age=60')).body, /^answer 2 /);
  });

  it('keeps a body of unknown length as a whole', async () => {
    const ask = await startCache();
    const [first, second] = [await ask('/echo?cache-control=max-age=60'), await ask('/echo?cache-control=max-age=60')];
    assert.deepEqual([first.body, second.body, second.fields['x-cache']], ['', '', 'hit']);
    assert.equal(second.fields['transfer-encoding'], undefined);
  });

  it.each([
    ['nothing said about it', '/'],
    ['no-store', '/?cache-control=no-store,max-age=60'],
    ['private', '/?cache-control=private,max-age=60'],
    ['a cookie', '/?cache-control=max-age=60&set-cookie=a=1'],
    ['Vary: *', '/?cache-control=max-age=60&vary=*'],
    ['an age already over', '/?cache-control=max-age=60&age=60'],
  ])('keeps no answer with %s', async (_what, path) => {
    const ask = await startCache();
    assert.match((await ask(path)).body, /^answer 1 /);
    assert.match((await ask(path)).body, /^answer 2 /);
  });

  it.each([
    ['Authorization', {headers: {authorization: 'Bearer a'}}],
    ['Range', {headers: {range: 'bytes=0-3'}}],
    ['Cache-Control: no-cache', {headers: {'cache-control': 'no-cache'}}],
    ['another method', {method: 'HEAD'}],
  ] as const)('leaves requests with %s alone', async (_what, options) => {
    const ask = await startCache();
    const path = '/?cache-control=max-age=60';
    await ask(path, options);
    assert.match((await ask(path)).body, /^answer 2 /);
    assert.equal((await ask(path, options)).fields['x-cache'], 'miss');
  });

  it('keeps an answer for each thing that Vary tells apart', async () => {
    const ask = await startCache();
    const askIn = async (language: string): Promise<string> =>
      (await ask('/?cache-control=max-age=60&vary=accept-language', {headers: {'accept-language': language}})).body;
    assert.match(await askIn('de'), /^answer 1 /);
    assert.match(await askIn('fr'), /^answer 2 /);
    assert.match(await askIn('de'), /^answer 1 /);
  });

  it('forgets what a POST has changed', async () => {
    const ask = await startCache();
    const path = '/?cache-control=max-age=60';
    await ask(path);
    await ask(path, {method: 'POST', body: 'a=1'});
    assert.match((await ask(path)).body, /^answer 3 /);
  });

  it('throws out the oldest when its room is full', async () => {
    const ask = await startCache({CACHE_BYTES: '1000'});
    for (let page = 0; page < 10; page++) await ask(`/${page}?cache-control=max-age=60`);
    assert.equal((await ask('/9?cache-control=max-age=60')).fields['x-cache'], 'hit');
    assert.equal((await ask('/0?cache-control=max-age=60')).fields['x-cache'], 'miss');
  });

  it('does not keep an answer that broke off', async () => {
    let times = 0;
    const port = await listen((_request, response) => {
      times += 1;
      response.writeHead(200, {'cache-control': 'max-age=60', 'content-length': '20'});
      if (times > 1) response.end('all of it, this time');
      else response.write('half of ', () => response.destroy());
    });
    const ask = askOf(await startBefore('6-caching', {port}));
    await assert.rejects(ask('/'));
    const answer = await ask('/');
    assert.deepEqual([answer.fields['x-cache'], answer.body], ['miss', 'all of it, this time']);
  });
});

describe('7: rate limiting', () => {
  it('refuses who asks too often, says when to come back, and keeps its word', async () => {
    const program = await startBefore('7-rate-limiting', await startUpstream(), {BURST: '3', PER_SECOND: '2'});
    const ask = askOf(program);
    const first = await ask('/');
    assert.deepEqual([first.status, first.fields['ratelimit-policy']], [200, '"client";q=3;w=2']);
    assert.equal(first.fields.ratelimit, '"client";r=2;t=1');
    const refused = await askUntil(
      () => ask('/'),
      ({status}) => status === 429,
    );
    assert.deepEqual([refused.fields['retry-after'], refused.body], ['1', 'too many requests\n']);
    assert.match(String(refused.fields.ratelimit), /^"client";r=0;t=\d$/);
    const later = await askUntil(
      () => ask('/'),
      ({status}) => status === 200,
    );
    assert.match(later.body, /^answer /);
  });

  it('counts each client for itself', async () => {
    const program = await startBefore('7-rate-limiting', await startUpstream(), {BURST: '1', PER_SECOND: '0.001'});
    const ask = askOf(program);
    assert.equal((await ask('/')).status, 200);
    assert.equal((await ask('/')).status, 429);
    assert.equal((await createAsk(`http://[::1]:${program.port}`)('/')).status, 200);
  });
});

describe('5: metrics and restart', () => {
  const start = async (): Promise<Program> => startBefore('5-metrics-and-restart', await startUpstream());
  const metricsOf = async (program: Program): Promise<string> => {
    const [, port] = await program.line(/metrics on port (\d+)/);
    return text((await fetch(`http://127.0.0.1:${port}/metrics`)).body ?? []);
  };

  it('logs and counts each request, and what was refused', async () => {
    const program = await start();
    await askOf(program)('/a?b');
    const [line] = await program.line(/^\{"client".*"target".*$/);
    const {client, method, target, status, outcome, attempts} = JSON.parse(line);
    assert.deepEqual(
      [client, method, target, status, outcome, attempts],
      ['127.0.0.1', 'GET', '/a?b', 200, 'answered', 1],
    );
    assert.match(await sendRaw(program.port, 'this is not HTTP\r\n\r\n'), /^HTTP\/1.1 400 /);
    await program.line(/"status":400/);
    const metrics = await metricsOf(program);
    assert.match(metrics, /^proxy_requests_total\{status="200"\} 1$/m);
    assert.match(metrics, /^proxy_requests_total\{status="400"\} 1$/m);
    assert.match(metrics, /^proxy_request_duration_seconds_bucket\{le="\+Inf"\} 2$/m);
    assert.match(metrics, /^proxy_requests_in_flight 0$/m);
  });

  it('fails no request while a new process takes over', async () => {
    const program = await start();
    const [, before] = await program.line(/worker: pid (\d+)/);
    const load = startLoad(askOf(program));
    await load.more(100);
    for (let restart = 1; restart <= 3; restart++) {
      process.kill(program.pid, 'SIGHUP');
      await program.line(/listening on port/, restart + 1);
      await load.more(200);
    }
    await untilGone(Number(before));
    await load.more(100);
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.deepEqual(new Set(load.answers.map(({status}) => status)), new Set([200]));
    assert.equal(await program.end('SIGTERM'), 0);
  });

  it('replaces a worker that died, on the same ports', async () => {
    const program = await start();
    const [, pid] = await program.line(/worker: pid (\d+)/);
    process.kill(Number(pid), 'SIGKILL');
    await program.line(/listening on port/, 2);
    assert.equal((await askOf(program)('/')).status, 200);
  });

  it('ends, and does not try for ever, when a worker cannot start', async () => {
    const program = await start();
    await assert.rejects(startBefore('5-metrics-and-restart', program, {PORT: String(program.port)}), /is in use/);
  });
});

async function startBalanced(): Promise<{
  readonly ask: Ask;
  readonly program: Program;
  readonly upstreams: readonly Program[];
}> {
  const upstreams = await Promise.all([startUpstream(), startUpstream(), startUpstream()]);
  const ports = upstreams.map(({port}) => port).join();
  const program = await startProgram('2-load-balancing', {environment: {UPSTREAM_PORTS: ports}});
  return {ask: askOf(program), program, upstreams};
}

/** Serves until the test is over; gives its port. */
async function listen(onRequest: Parameters<typeof createServer>[1]): Promise<number> {
  const server = createServer(onRequest);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => server.closeAllConnections() ?? void server.close());
  return (server.address() as AddressInfo).port;
}

/** An upstream that answers when it is told to. `arrived` resolves when it has been asked. */
async function startSlowUpstream(): Promise<{
  readonly port: number;
  readonly arrived: Promise<void>;
  readonly release: () => void;
}> {
  const arrived = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const port = await listen((request, response) => {
    if (request.url === '/health') return void response.end();
    arrived.resolve();
    void released.promise.then(() => response.end('worth the wait'));
  });
  return {port, arrived: arrived.promise, release: () => released.resolve()};
}

async function sendRaw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(bytes);
  return text(socket);
}

async function untilGone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
