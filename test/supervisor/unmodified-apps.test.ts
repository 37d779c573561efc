import assert from 'node:assert/strict';
import {createServer} from 'node:net';
import {afterAll, afterEach, beforeAll, describe, it} from 'vitest';
import {createTestCertificate} from '../helpers/certificates.js';
import {requires} from '../helpers/system-parts.js';
import {createWorkshop, endpointOf, freePort} from './unmodified.js';

let workshop: Awaited<ReturnType<typeof createWorkshop>>;

beforeAll(async () => {
  workshop = await createWorkshop();
  await workshop.write('package.json', JSON.stringify({type: 'module', scripts: {dev: 'node app.mjs'}}));
});
afterEach(() => workshop.end());
afterAll(() => workshop.close());

/** Starts a module of that text under Node. */
async function startNode(text: string, command: readonly string[] = [process.execPath, 'app.mjs']) {
  await workshop.write('app.mjs', text);
  return workshop.start(command);
}

const CERTIFICATE = createTestCertificate('localhost');

const HTTP = `import {createServer} from 'node:http';\n`;

describe('an app that knows nothing of tako', () => {
  it('is found on its PORT', async () => {
    const app = await startNode(`${HTTP}createServer().listen(process.env.PORT, process.env.HOST);`);
    assert.deepEqual(endpointOf(app), {host: '127.0.0.1', port: app.child.reservedPort, isTls: false});
  });

  it('is found on its PORT behind a wildcard address', async () => {
    const app = await startNode(`${HTTP}createServer().listen(process.env.PORT);`);
    assert.deepEqual(endpointOf(app), {host: '127.0.0.1', port: app.child.reservedPort, isTls: false});
  });

  it('is found on its PORT when it opens it late', async () => {
    const app = await startNode(`${HTTP}setTimeout(() => createServer().listen(process.env.PORT), 1_000);`);
    assert.equal(endpointOf(app).port, app.child.reservedPort);
  });

  it('is found on a port of its own choice', async () => {
    const port = await freePort();
    const app = await startNode(`${HTTP}createServer().listen(${port});`);
    assert.deepEqual(endpointOf(app), {host: '127.0.0.1', port, isTls: false});
  });

  it('is found on a port that the system chose', async () => {
    const app = await startNode(`${HTTP}
      const server = createServer().listen(0, () => console.log('on', server.address().port));`);
    const {port} = endpointOf(app);
    await app.untilPrinted(new RegExp(`^on ${port}$`));
  });

  it('is found on the IPv6 loopback address alone', async () => {
    const port = await freePort();
    const app = await startNode(`${HTTP}createServer().listen(${port}, '::1');`);
    assert.deepEqual(endpointOf(app), {host: '::1', port, isTls: false});
  });

  it('is found to speak TLS itself', async () => {
    await workshop.write('tls.json', JSON.stringify(CERTIFICATE));
    const app = await startNode(`
      import {readFileSync} from 'node:fs';
      import {createServer} from 'node:https';
      createServer(JSON.parse(readFileSync('tls.json', 'utf8'))).listen(process.env.PORT);`);
    assert.deepEqual(endpointOf(app), {host: '127.0.0.1', port: app.child.reservedPort, isTls: true});
  });

  it.each([
    ['createServer', false],
    ['createSecureServer', true],
  ])('is found when it speaks HTTP/2 by %s', async (create, isTls) => {
    await workshop.write('tls.json', JSON.stringify(CERTIFICATE));
    const port = await freePort();
    const app = await startNode(`
      import {readFileSync} from 'node:fs';
      import {${create}} from 'node:http2';
      ${create}(JSON.parse(readFileSync('tls.json', 'utf8'))).listen(${port});`);
    assert.deepEqual(endpointOf(app), {host: '127.0.0.1', port, isTls});
  });

  it('is found on its PORT though it opens another server first', async () => {
    const metrics = await freePort();
    const app = await startNode(`${HTTP}
      createServer().listen(${metrics}, () => setTimeout(() => createServer().listen(process.env.PORT), 300));`);
    assert.equal(endpointOf(app).port, app.child.reservedPort);
  });

  it('is not taken to be where it listens without HTTP, for a moment, or on a Unix socket', async () => {
    const [plain, probed, port] = [await freePort(), await freePort(), await freePort()];
    const app = await startNode(`${HTTP}
      import net from 'node:net';
      net.createServer().listen(${plain});
      createServer().listen('app.sock');
      const probe = createServer().listen(${probed}, () => probe.close(() => createServer().listen(${port})));`);
    assert.equal(endpointOf(app).port, port);
  });

  it('is found in a process that its process started', async () => {
    const port = await freePort();
    await workshop.write('server.cjs', `require('node:http').createServer().listen(${port});`);
    const app = await startNode(`
      import {spawn} from 'node:child_process';
      spawn(process.execPath, ['server.cjs'], {stdio: 'inherit'});`);
    assert.equal(endpointOf(app).port, port);
  });

  it('is found in the workers of a cluster', async () => {
    const port = await freePort();
    const app = await startNode(`${HTTP}
      import cluster from 'node:cluster';
      if (cluster.isPrimary) for (let i = 0; i < 2; i++) cluster.fork();
      else createServer().listen(${port});`);
    assert.equal(endpointOf(app).port, port);
  });

  it('is found in a worker thread', async () => {
    const port = await freePort();
    const app = await startNode(`${HTTP}
      import {isMainThread, Worker} from 'node:worker_threads';
      if (isMainThread) new Worker(new URL(import.meta.url));
      else createServer().listen(${port});`);
    assert.equal(endpointOf(app).port, port);
  });

  it('is found through npm run', async () => {
    const port = await freePort();
    const app = await startNode(`${HTTP}createServer().listen(${port});`, ['npm', 'run', 'dev']);
    assert.equal(endpointOf(app).port, port);
  });

  it('does not notice: it ends when its server closes, and prints what it prints alone', async () => {
    const app = await startNode(`${HTTP}
      const server = createServer().listen(process.env.PORT, () => console.log('up', process.listenerCount('exit')));
      setTimeout(() => server.close(), 300);`);
    endpointOf(app);
    assert.deepEqual(await app.child.exited, {code: 0, signal: null});
    await app.untilPrinted(/up/);
    assert.deepEqual(app.printed, ['up 0']);
  });

  it('may speak the contract all the same', async () => {
    const app = await startNode(`
      import {writeSync} from 'node:fs';
      writeSync(4, '4321\\n');
      setInterval(() => {}, 1_000);`);
    assert.deepEqual(endpointOf(app), {host: '127.0.0.1', port: 4321, isTls: false});
  });

  it('may use file descriptor 4 for something else', async () => {
    const app = await startNode(`${HTTP}
      import {writeSync} from 'node:fs';
      writeSync(4, 'something else\\n');
      createServer().listen(process.env.PORT);`);
    assert.equal(endpointOf(app).port, app.child.reservedPort);
  });

  it('keeps the options that its user gives to Node', async () => {
    await workshop.write('app.mjs', `${HTTP}console.log(process.title); createServer().listen(process.env.PORT);`);
    const environment = {PATH: process.env.PATH, NODE_OPTIONS: '--title=mine'};
    const app = await workshop.start([process.execPath, 'app.mjs'], {environment});
    endpointOf(app);
    await app.untilPrinted(/^mine$/);
  });

  it('fails as it does alone', async () => {
    const app = await startNode(`${HTTP}process.exit(7);`);
    assert.deepEqual(app.readiness, {outcome: 'exited', exit: {code: 7, signal: null}});
  });
});

describe('a program in which no preload runs', () => {
  // Its environment is emptied of everything but PORT, as it would not heed the rest.
  const bare = (text: string): readonly string[] => ['env', '-i', 'sh', '-c', text];

  it.each(['127.0.0.1', '::1'] as const)('is found when its PORT accepts connections on %s', async host => {
    await workshop.write('bare.cjs', `require('node:net').createServer().listen(process.argv[2], '${host}');`);
    const app = await workshop.start(['sh', '-c', `exec env -i '${process.execPath}' bare.cjs "$PORT"`]);
    assert.deepEqual(endpointOf(app), {host, port: app.child.reservedPort, isTls: false});
  });

  it('is told by the deadline not to have opened its PORT', async () => {
    const app = await workshop.start(bare('sleep 60'), {readyTimeoutMs: 300});
    assert.deepEqual(app.readiness, {outcome: 'timed-out', isPipeClosed: false, listeners: []});
  });
});

describe('an app with a pinned port', () => {
  it('is found there only, and the deadline tells where else it listens', async () => {
    const [pinned, other] = [await freePort(), await freePort()];
    await workshop.write('app.mjs', `${HTTP}createServer().listen(${other});`);
    const changes = {port: pinned, readyTimeoutMs: 3_000};
    const app = await workshop.start([process.execPath, 'app.mjs'], changes);
    const listeners = [{host: '127.0.0.1', port: other, isTls: false}];
    assert.deepEqual(app.readiness, {outcome: 'timed-out', isPipeClosed: false, listeners});
  });

  it('is found there though it opens another first', async () => {
    const [pinned, other] = [await freePort(), await freePort()];
    await workshop.write(
      'app.mjs',
      `${HTTP}createServer().listen(${other}, () => setTimeout(() => createServer().listen(process.env.PORT), 1_500));`,
    );
    const app = await workshop.start([process.execPath, 'app.mjs'], {port: pinned});
    assert.deepEqual(endpointOf(app), {host: '127.0.0.1', port: pinned, isTls: false});
    assert.equal(app.child.reservedPort, undefined);
  });

  it.each(['127.0.0.1', '::1', '0.0.0.0'])('is not started when another program has it on %s', async host => {
    const other = createServer();
    await new Promise<void>(resolve => other.listen(0, host, resolve));
    const address = other.address();
    assert.ok(typeof address === 'object' && address);
    const failure = await workshop.start(['true'], {port: address.port}).then(
      () => undefined,
      error => error,
    );
    other.close();
    assert.match(String(failure?.message), new RegExp(`\\b${address.port}\\b`));
    if (process.platform === 'linux') assert.match(String(failure.message), new RegExp(`\\b${process.pid}\\b`));
  });
});

describe('an app that restarts by itself', () => {
  const onRandomPort = (version: number): string => `${HTTP}console.log(${version}); createServer().listen(0);`;

  it('is followed to its new port', async () => {
    const app = await startNode(onRandomPort(1), [process.execPath, '--watch', 'app.mjs']);
    const first = endpointOf(app);
    await workshop.write('app.mjs', onRandomPort(2));
    await app.untilMoved(1);
    assert.notEqual(app.moves[0]?.port, first.port);
  });

  it('is followed to the server that stays when the other one closes for good', async () => {
    const [port, other] = [await freePort(), await freePort()];
    const app = await startNode(`${HTTP}
      const first = createServer();
      // It is found, and may be sent the signal, from the moment on in which it listens.
      process.on('SIGUSR2', () => first.close());
      first.listen(${port}, () => createServer().listen(${other}));`);
    assert.equal(endpointOf(app).port, port);
    process.kill(app.child.pid, 'SIGUSR2');
    await app.untilMoved(1);
    assert.deepEqual(app.moves, [{host: '127.0.0.1', port: other, isTls: false}]);
  });

  it('is followed when it comes to speak TLS on the same port', async () => {
    await workshop.write('tls.json', JSON.stringify(CERTIFICATE));
    const app = await startNode(`${HTTP}
      import {readFileSync} from 'node:fs';
      import https from 'node:https';
      const plain = createServer();
      const secure = https.createServer(JSON.parse(readFileSync('tls.json', 'utf8')));
      process.on('SIGUSR2', () => plain.close(() => secure.listen(process.env.PORT)));
      plain.listen(process.env.PORT);`);
    assert.equal(endpointOf(app).isTls, false);
    process.kill(app.child.pid, 'SIGUSR2');
    await app.untilMoved(1);
    assert.deepEqual(app.moves, [{host: '127.0.0.1', port: app.child.reservedPort, isTls: true}]);
  });
});

describe.skipIf(requires('python3'))('a Python app', () => {
  it('is found on a port of its own choice', async () => {
    const port = await freePort();
    const app = await workshop.start(['python3', '-m', 'http.server', `${port}`]);
    assert.deepEqual(endpointOf(app), {host: '127.0.0.1', port, isTls: false});
  });

  it('is found when it takes no notice of any environment', async () => {
    const text = `import os,socketserver; socketserver.TCPServer(('127.0.0.1', int(os.environ['PORT'])), None).serve_forever()`;
    const app = await workshop.start(['python3', '-I', '-S', '-c', text]);
    assert.equal(endpointOf(app).port, app.child.reservedPort);
  });

  it('is found to speak TLS itself, on a socket that was wrapped before or after it listened', async () => {
    const {cert, key} = CERTIFICATE;
    await workshop.write('chain.pem', cert + key);
    for (const wrapAfter of [false, true]) {
      const port = await freePort();
      const wrap = 's = context.wrap_socket(s, server_side=True)';
      await workshop.write(
        'app.py',
        [
          'import socket, ssl, time',
          'context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)',
          "context.load_cert_chain('chain.pem')",
          's = socket.socket()',
          `s.bind(('127.0.0.1', ${port}))`,
          ...(wrapAfter ? ['s.listen()', wrap] : [wrap, 's.listen()']),
          'time.sleep(60)',
        ].join('\n'),
      );
      const app = await workshop.start(['python3', 'app.py']);
      assert.deepEqual(endpointOf(app), {host: '127.0.0.1', port, isTls: true});
      await workshop.end();
    }
  });

  it('is found to speak TLS itself through asyncio', async () => {
    const {cert, key} = CERTIFICATE;
    await workshop.write('chain.pem', cert + key);
    const port = await freePort();
    await workshop.write(
      'app.py',
      [
        'import asyncio, ssl',
        'context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)',
        "context.load_cert_chain('chain.pem')",
        'async def main():',
        `    server = await asyncio.start_server(lambda *_: None, '127.0.0.1', ${port}, ssl=context)`,
        '    await server.serve_forever()',
        'asyncio.run(main())',
      ].join('\n'),
    );
    assert.equal(endpointOf(await workshop.start(['python3', 'app.py'])).isTls, true);
  });

  it('keeps the sitecustomize of its machine', async () => {
    await workshop.write('sitecustomize.py', "print('mine', flush=True)\n");
    const environment = {PATH: process.env.PATH, PYTHONPATH: workshop.folder};
    const port = await freePort();
    const app = await workshop.start(['python3', '-m', 'http.server', `${port}`], {environment});
    assert.equal(endpointOf(app).port, port);
    await app.untilPrinted(/^mine$/);
  });
});

describe.skipIf(requires('bun'))('a Bun app', () => {
  it.each([
    ['Bun.serve', (port: number) => `Bun.serve({port: ${port}, fetch: () => new Response('')});`],
    ['a default export', (port: number) => `export default {port: ${port}, fetch: () => new Response('')};`],
    ['node:http', (port: number) => `${HTTP}createServer().listen(${port});`],
  ])('is found on a port of its own choice: %s', async (_, textFor) => {
    const port = await freePort();
    await workshop.write('app.mjs', textFor(port));
    assert.deepEqual(endpointOf(await workshop.start(['bun', 'app.mjs'])), {host: '127.0.0.1', port, isTls: false});
  });
});

describe.skipIf(requires('deno'))('a Deno app', () => {
  it('is found on a port of its own choice', async () => {
    const port = await freePort();
    await workshop.write('app.mjs', `Deno.serve({port: ${port}}, () => new Response(''));`);
    assert.equal(endpointOf(await workshop.start(['deno', 'run', '-A', 'app.mjs'])).port, port);
  });

  it('is found on its PORT when it may not report', async () => {
    await workshop.write('app.mjs', `Deno.serve({port: 8123}, () => new Response(''));`);
    for (const permissions of [['--allow-net'], ['--allow-net', '--allow-env']]) {
      const app = await workshop.start(['deno', 'run', ...permissions, 'app.mjs']);
      assert.equal(endpointOf(app).port, app.child.reservedPort);
      await workshop.end();
    }
  });

  it('is found on its PORT when deno serves a default export', async () => {
    await workshop.write('app.mjs', `export default {fetch: () => new Response('')};`);
    const app = await workshop.start(['deno', 'serve', '-A', 'app.mjs']);
    assert.equal(endpointOf(app).port, app.child.reservedPort);
  });
});
