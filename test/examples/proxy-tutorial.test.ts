import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {type Ask, askUntil, closeClients, createAsk} from './tutorial-client.js';
import {endPrograms, startBefore, startProgram, startUpstream, TUTORIAL} from './tutorial-program.js';
import {startSlowUpstream, untilRefused} from './tutorial-upstreams.js';

afterAll(async () => {
  await closeClients();
  await endPrograms();
});

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
      const answer = createAsk(program.origin)('/api/', {headers: {authorization: 'Bearer secret'}});
      await arrived;
      const ended = program.end('SIGTERM');
      await untilRefused(program.port);
      release();
      assert.deepEqual([(await answer).body, await ended], ['worth the wait', 0]);
    },
  );
});

describe('1: a first proxy', () => {
  it('passes requests on, and says who asks', async () => {
    const ask = createAsk((await startBefore('1-first-proxy', await startUpstream())).origin);
    const seen = JSON.parse((await ask('/headers?a=1')).body);
    assert.equal(seen.target, '/headers?a=1');
    assert.equal(seen['x-forwarded-for'], '127.0.0.1');
    assert.match(seen.forwarded, /^for=127\.0\.0\.1;host="127\.0\.0\.1:\d+";proto=http$/);
    assert.equal((await ask('/echo', {method: 'POST', body: 'hello'})).body, 'hello');
  });

  it('answers 502 when the app is gone', async () => {
    const upstream = await startUpstream();
    const ask = createAsk((await startBefore('1-first-proxy', upstream)).origin);
    assert.equal((await ask('/')).status, 200);
    await upstream.end('SIGKILL');
    assert.equal((await ask('/')).status, 502);
  });
});

describe('3: filters', () => {
  const withToken = {headers: {authorization: 'Bearer secret'}};
  let ask: Ask;
  let askUpstream: Ask;

  beforeAll(async () => {
    const upstream = await startUpstream();
    askUpstream = createAsk(upstream.origin);
    ask = createAsk((await startBefore('3-filters', upstream, {TOKEN: 'secret'})).origin);
  });

  it('answer without an upstream', async () => {
    const answered = async (): Promise<number> => Number(/^answer (\d+)/.exec((await askUpstream('/')).body)?.[1]);
    const before = await answered();
    assert.equal((await ask('/ping')).body, 'pong\n');
    assert.equal((await ask('/elsewhere', withToken)).status, 404);
    const refused = await ask('/api/', {headers: {authorization: 'Bearer guess'}});
    assert.deepEqual([refused.status, refused.fields['www-authenticate']], [401, 'Bearer']);
    assert.equal(await answered(), before + 1);
  });

  it('change what the app is asked', async () => {
    const seen = JSON.parse((await ask('/api/headers?a=1', withToken)).body);
    assert.equal(seen.target, '/headers?a=1');
    assert.equal(seen['x-user'], 'the one with the token');
    assert.equal(seen.authorization, undefined);
  });

  it('change what the client gets, and the body only where that is HTML', async () => {
    const page = await ask('/api/?content-type=text/html', withToken);
    assert.match(page.body, /^answer \d+ of \d+\n\n<footer>.*<\/footer>\n$/);
    assert.equal(page.fields['x-powered-by'], undefined);
    assert.equal(page.fields['x-content-type-options'], 'nosniff');
    const other = await ask('/api/?content-type=text/plain', withToken);
    assert.match(other.body, /^answer \d+ of \d+\n$/);
    assert.equal(other.fields['content-length'], String(other.body.length));
    const head = await ask('/api/?content-type=text/html', {...withToken, method: 'HEAD'});
    assert.deepEqual([head.status, head.body], [200, '']);
  });
});

describe('7: rate limiting', () => {
  it('refuses who asks too often, says when to come back, and keeps its word', async () => {
    const upstream = await startUpstream();
    const program = await startBefore('7-rate-limiting', upstream, {BURST: '3', PER_SECOND: '2'});
    const ask = createAsk(program.origin);
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
    const upstream = await startUpstream();
    const program = await startBefore('7-rate-limiting', upstream, {BURST: '1', PER_SECOND: '0.001'});
    const ask = createAsk(program.origin);
    assert.equal((await ask('/')).status, 200);
    assert.equal((await ask('/')).status, 429);
    assert.equal((await createAsk(`http://[::1]:${program.port}`)('/')).status, 200);
  });
});
