import assert from 'node:assert/strict';
import {once} from 'node:events';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {connect} from 'node:tls';
import {afterAll, describe, it} from 'vitest';
import {createTestCertificate} from '../helpers/certificates.js';
import {createClientAuthority} from '../helpers/client-certificates.js';
import type {CommandResult} from '../helpers/tako.js';
import {createHome, get, startNamed, startProxy, startUpstream} from './proxy-support.js';
import {cli, errorOf, start, temporaryFolder} from './support.js';

const home = createHome();
afterAll(home.remove);

const proxy = (...args: string[]) => startProxy(home.folder, ...args);

const run = (...args: string[]): Promise<CommandResult> =>
  start(cli('proxy', ...args), {env: {...process.env, TAKO_HOME: home.folder, NO_COLOR: '1'}}).ended;

/** Writes files into a folder of the test, and gives their paths. */
function write(files: Readonly<Record<string, string>>): Record<string, string> {
  const folder = temporaryFolder();
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => {
      const file = path.join(folder, name);
      writeFileSync(file, text);
      return [name, file];
    }),
  );
}

describe('tako proxy', () => {
  it('forwards plain requests with --http', async () => {
    const app = await startUpstream((request, answer) => answer.end(`${request.url} ${request.headers.host}`));
    const {ready} = await proxy('--http', '--to', app.address);
    const {host} = new URL(ready.url);
    assert.deepEqual(await get(`${ready.url}/a?b`).then(({status, body}) => [status, body]), [200, `/a?b ${host}`]);
  });

  it('serves HTTPS with a certificate of the local authority for the address and for each name', async () => {
    const app = await startNamed('app');
    const {ready, port} = await proxy('--to', String(app.port));
    assert.equal((await get(ready.url, {ca: home.ca()})).body, 'app');
    for (const servername of ['shop.test', 'localhost', 'shop.localhost']) {
      const headers = {host: `${servername}:${port}`};
      assert.equal((await get(ready.url, {ca: home.ca(), servername, headers})).body, 'app');
    }
  });

  it('says in a line what it serves, for programs too', async () => {
    const [one, two] = [await startNamed('one'), await startNamed('two')];
    const {ready, child} = await proxy('--to', one.address, '--to', `https://${two.address}=3`);
    assert.deepEqual(ready, {
      type: 'ready',
      url: `https://127.0.0.1:${new URL(ready.url).port}`,
      pid: child.pid,
      to: [one.address, `https://${two.address}`],
      workers: 1,
    });
    const plain = start(cli('proxy', '--http', '--listen', ':0', '--to', one.address));
    await plain.until('\n');
    assert.match(plain.output(), new RegExp(`^http://localhost:\\d+ -> ${one.address}\n$`));
  });

  it('says that certificates of the local authority are not trusted yet', async () => {
    const {until} = await proxy('--to', '1');
    await until('run "tako trust"');
  });

  it('serves the hosts it is given and no other', async () => {
    const app = await startNamed('app');
    const {ready} = await proxy('--http', '--to', app.address, '--host', 'app.test', '--host', '*.shop.test');
    const statusFor = async (host: string): Promise<number> => (await get(ready.url, {headers: {host}})).status;
    assert.deepEqual(
      await Promise.all(['app.test', 'APP.test:8443', 'a.b.shop.test', 'shop.test', 'other.test'].map(statusFor)),
      [200, 200, 200, 421, 421],
    );
    assert.match((await get(ready.url, {headers: {host: 'other.test'}})).body, /^421 HOST_NOT_SERVED: /);
  });

  it('writes the access log, with nothing of what header fields say', async () => {
    const app = await startUpstream((request, answer) => request.resume().on('end', () => answer.end('hello')));
    const {ready, untilRequests} = await proxy('--http', '--to', app.address, '--access-log');
    await get(`${ready.url}/a?c=d`, {headers: {authorization: 'Bearer hidden', host: 'app.test'}});
    const [line] = await untilRequests(1);
    assert.ok(line && Number.isFinite(Date.parse(String(line.time))) && Number(line.durationMs) > 0);
    const {time: _time, durationMs: _duration, ...rest} = line;
    assert.deepEqual(rest, {
      type: 'request',
      pid: ready.pid,
      client: '127.0.0.1',
      method: 'GET',
      host: 'app.test',
      target: '/a?c=d',
      httpVersion: '1.1',
      status: 200,
      outcome: 'answered',
      bytesReceived: 0,
      bytesSent: 5,
      upstream: app.address,
      attempts: 1,
    });
    assert.doesNotMatch(JSON.stringify(line), /hidden/);
  });

  it('believes a trusted proxy about the client, and nobody else', async () => {
    const app = await startUpstream((request, answer) => answer.end(String(request.headers['x-forwarded-for'])));
    const headers = {'x-forwarded-for': '6.6.6.6, 192.0.2.7'};
    for (const [network, client] of [
      ['127.0.0.0/8', '192.0.2.7'],
      ['10.0.0.0/8', '127.0.0.1'],
    ] as const) {
      const {ready, untilRequests} = await proxy(
        '--http',
        '--to',
        app.address,
        '--access-log',
        '--trusted-proxy',
        network,
      );
      assert.equal((await get(ready.url, {headers})).body, client);
      assert.equal((await untilRequests(1))[0]?.client, client);
    }
  });

  it('lets a slow request end when it is stopped, and takes no other', async () => {
    const app = await startUpstream((_, answer) => {
      answer.write('first ');
      setTimeout(() => answer.end('last'), 700);
    });
    const {ready, child, ended} = await proxy('--http', '--to', app.address);
    const slow = get(ready.url);
    await new Promise(resolve => setTimeout(resolve, 200));
    child.kill('SIGTERM');
    await new Promise(resolve => setTimeout(resolve, 100));
    await assert.rejects(get(ready.url), {code: 'ECONNREFUSED'});
    assert.equal((await slow).body, 'first last');
    assert.equal((await ended).code, 0);
  });

  it('ends although nobody reads its access log', async () => {
    const app = await startNamed('app');
    const {ready, child, untilRequests} = await proxy('--http', '--to', app.address, '--access-log');
    await get(ready.url);
    await untilRequests(1);
    child.stdout?.pause();
    const target = '/'.padEnd(1_500, 'x');
    await Promise.all(Array.from({length: 150}, () => get(ready.url + target)));
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    assert.deepEqual(await exited, [0, null]);
    child.stdout?.resume();
  });

  it('ends at once at the second signal', async () => {
    const app = await startUpstream((_, answer) => answer.write('never ends'));
    const {ready, child, ended, until} = await proxy('--http', '--to', app.address, '--grace', '10m');
    const cut = assert.rejects(get(ready.url));
    await new Promise(resolve => setTimeout(resolve, 200));
    child.kill('SIGINT');
    await until('get up to 600 s');
    child.kill('SIGINT');
    await cut;
    assert.equal((await ended).code, 0);
  });
});

describe('tako proxy with several upstreams', () => {
  const bodies = async (url: string, count: number): Promise<string[]> => {
    const answers: string[] = [];
    for (let index = 0; index < count; index++) answers.push((await get(url)).body);
    return answers;
  };
  const countOf = (words: readonly string[], word: string): number => words.filter(each => each === word).length;

  it('fails over without a failed request when one dies', async () => {
    const [one, two] = [await startNamed('one'), await startNamed('two')];
    const {ready, untilRequests} = await proxy('--http', '--to', one.address, '--to', two.address, '--access-log');
    assert.deepEqual(new Set(await bodies(ready.url, 10)), new Set(['one', 'two']));
    one.close();
    assert.deepEqual(new Set(await bodies(ready.url, 10)), new Set(['two']));
    const lines = await untilRequests(20);
    assert.ok(lines.every(({status}) => status === 200));
    assert.ok(lines.some(({attempts, upstream}) => attempts === 2 && upstream === two.address));
  });

  it('leaves one out that failed again and again, and says so', async () => {
    const two = await startNamed('two');
    const {ready, until} = await proxy('--http', '--to', '127.0.0.1:1', '--to', two.address);
    await bodies(ready.url, 12);
    await until('127.0.0.1:1 is left out for a while');
  });

  it('shares by weight, in turn', async () => {
    const [one, two] = [await startNamed('one'), await startNamed('two')];
    const args = ['--to', `${one.address}=3`, '--to', two.address, '--lb', 'round-robin'];
    const {ready} = await proxy('--http', ...args);
    assert.equal(countOf(await bodies(ready.url, 8), 'one'), 6);
  });

  it.each(['least-in-flight', 'power-of-two'])('gives each its share with %s', async algorithm => {
    const [one, two] = [await startNamed('one'), await startNamed('two')];
    const {ready} = await proxy('--http', '--to', one.address, '--to', two.address, '--lb', algorithm);
    assert.deepEqual(new Set(await bodies(ready.url, 30)), new Set(['one', 'two']));
  });

  it.each([
    ['header:X-User', (user: string) => ({'x-user': user})],
    ['cookie:user', (user: string) => ({cookie: `a=b; user=${user}`})],
  ])('sends the same %s to the same one', async (sticky, headersOf) => {
    const [one, two] = [await startNamed('one'), await startNamed('two')];
    const {ready} = await proxy('--http', '--to', one.address, '--to', two.address, '--sticky', sticky);
    const bodyFor = async (user: string): Promise<string> => (await get(ready.url, {headers: headersOf(user)})).body;
    const users = Array.from({length: 20}, (_, index) => `user-${index}`);
    const first = await Promise.all(users.map(bodyFor));
    assert.deepEqual(await Promise.all(users.map(bodyFor)), first);
    assert.equal(new Set(first).size, 2);
  });

  it('sends every request of one address to the same one', async () => {
    const [one, two] = [await startNamed('one'), await startNamed('two')];
    const {ready} = await proxy('--http', '--to', one.address, '--to', two.address, '--lb', 'consistent-hash');
    assert.equal(new Set(await bodies(ready.url, 10)).size, 1);
  });

  it('asks for the health path, and answers 503 when none is healthy', async () => {
    const app = await startUpstream((request, answer) => {
      answer.statusCode = request.url === '/up' ? 500 : 200;
      answer.end();
    });
    const {ready, until} = await proxy('--http', '--to', app.address, '--health-path', '/up');
    assert.equal((await get(ready.url)).status, 200);
    await until(`${app.address} is unhealthy: answered 500`);
    const answer = await get(ready.url);
    assert.deepEqual([answer.status, answer.headers['retry-after']], [503, '1']);
    assert.match(answer.body, /^503 NO_UPSTREAM: /);
  });
});

describe('a request that tako proxy cannot forward', () => {
  it('is answered 502 when nothing listens there', async () => {
    const {ready} = await proxy('--http', '--to', '127.0.0.1:1');
    const {status, body} = await get(ready.url, {headers: {accept: 'application/json'}});
    assert.equal(status, 502);
    assert.equal(JSON.parse(body).error.code, 'UPSTREAM_UNREACHABLE');
    assert.match(JSON.parse(body).error.message, /^127\.0\.0\.1:1: /);
  });

  it('is answered 502 when the certificate of an https upstream does not verify', async () => {
    const app = await startNamed('plain');
    const {ready} = await proxy('--http', '--to', `https://${app.address}`);
    assert.equal((await get(ready.url)).status, 502);
  });

  it('is not sent twice when it may have been done', async () => {
    let seen = 0;
    const app = await startUpstream(request => {
      seen += 1;
      request.socket.destroy();
    });
    const {ready} = await proxy('--http', '--to', app.address);
    assert.equal((await get(ready.url, {method: 'POST'})).status, 502);
    assert.equal(seen, 1);
  });
});

describe('the certificate of tako proxy', () => {
  it('is the one of the files, for whatever name a client gives', async () => {
    const {cert, key} = createTestCertificate('example.test');
    const files = write({'a.crt': cert, 'a.key': key});
    const app = await startNamed('app');
    const {ready} = await proxy('--to', app.address, '--cert', files['a.crt'] ?? '', '--key', files['a.key'] ?? '');
    assert.equal((await get(ready.url, {ca: cert, servername: 'example.test'})).body, 'app');
    await assert.rejects(get(ready.url, {ca: cert, servername: 'other.test'}), {code: 'ERR_TLS_CERT_ALTNAME_INVALID'});
  });

  it('is read anew at SIGHUP, and stays when the file is bad', async () => {
    const [old, next] = [createTestCertificate('example.test'), createTestCertificate('example.test')];
    const files = write({'a.crt': old.cert, 'a.key': old.key});
    const [certFile = '', keyFile = ''] = [files['a.crt'], files['a.key']];
    const app = await startNamed('app');
    const {ready, child, until} = await proxy('--to', app.address, '--cert', certFile, '--key', keyFile);
    writeFileSync(certFile, next.cert);
    child.kill('SIGHUP');
    await until('the certificate stays as it was');
    assert.equal((await get(ready.url, {ca: old.cert, servername: 'example.test'})).body, 'app');
    writeFileSync(keyFile, next.key);
    child.kill('SIGHUP');
    await until('the certificate was read anew');
    assert.equal((await get(ready.url, {ca: next.cert, servername: 'example.test'})).body, 'app');
  });

  it('asks for the certificate of a client, who is not served without', async () => {
    const authority = createClientAuthority('clients');
    const files = write({'ca.crt': authority.ca});
    const app = await startNamed('app');
    const {ready} = await proxy('--to', app.address, '--client-ca', files['ca.crt'] ?? '');
    assert.equal((await get(ready.url, {ca: home.ca(), ...authority.issue('somebody')})).body, 'app');
    await assert.rejects(get(ready.url, {ca: home.ca()}));
    const stranger = createClientAuthority('others').issue('somebody');
    await assert.rejects(get(ready.url, {ca: home.ca(), ...stranger}));
  });

  it('serves clients without one when that is optional', async () => {
    const files = write({'ca.crt': createClientAuthority('clients').ca});
    const app = await startNamed('app');
    const {ready} = await proxy('--to', app.address, '--client-ca', files['ca.crt'] ?? '', '--client-ca-optional');
    assert.equal((await get(ready.url, {ca: home.ca()})).body, 'app');
  });

  it('goes with HTTP/2', async () => {
    const {port} = await proxy('--to', '1');
    const socket = connect({port, host: '127.0.0.1', ca: home.ca(), ALPNProtocols: ['h2', 'http/1.1']});
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    assert.equal(socket.alpnProtocol, 'h2');
    socket.destroy();
  });
});

describe('an option that tako proxy cannot use', () => {
  it.each([
    ['TO_INVALID', 2, ['--to', 'nowhere']],
    ['LISTEN_FAILED', 1, ['--to', '1', '--listen', '192.0.2.1:0']],
    ['LISTEN_FAILED', 1, ['--to', '1', '--listen', '192.0.2.1:0', '--workers', '2']],
  ] as const)('is %s, with code %i and the next step', async (code, exitCode, args) => {
    const result = await run('--json', ...args);
    const error = errorOf(result);
    assert.deepEqual([error.code, result.code], [code, exitCode]);
    assert.ok(error.hint);
  });

  it('is a key that does not belong to the certificate', async () => {
    const files = write({'a.crt': createTestCertificate('a.test').cert, 'a.key': createTestCertificate('a.test').key});
    const result = await run('--json', '--to', '1', '--cert', files['a.crt'] ?? '', '--key', files['a.key'] ?? '');
    assert.deepEqual([errorOf(result).code, result.code], ['CERTIFICATE_INVALID', 1]);
  });

  it('is a port in use, whose owner is named', async () => {
    const {port, ready} = await proxy('--http', '--to', '1');
    for (const more of [[], ['--workers', '2']]) {
      const result = await run('--json', '--http', '--to', '1', '--listen', `127.0.0.1:${port}`, ...more);
      const error = errorOf(result);
      assert.deepEqual([error.code, result.code], ['PORT_IN_USE', 1]);
      assert.match(error.message, new RegExp(`pid ${ready.pid}\\)`));
      assert.match(error.hint ?? '', /--listen/);
    }
  });

  it('is having nowhere to forward to', async () => {
    const {code, stderr} = await run();
    assert.equal(code, 2);
    assert.match(stderr, /^error: .*--to/);
  });
});
