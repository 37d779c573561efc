import assert from 'node:assert/strict';
import {existsSync, readdirSync} from 'node:fs';
import path from 'node:path';
import {afterAll, afterEach, beforeAll, describe, it} from 'vitest';
import {createWorkshop, endpointOf} from '../../supervisor/unmodified.js';
import {type AdapterApp, ask, assertHealthy, echo, runProgram, through} from '../adapter-app.js';
import {BOOTSTRAP, makeViteApp, VITE} from './vite-app.js';

const ENTRY = 'dist/server/tako-entry.mjs';

let workshop: Awaited<ReturnType<typeof createWorkshop>>;
beforeAll(async () => {
  workshop = await createWorkshop();
});
afterEach(() => workshop.end());
afterAll(() => workshop.close());

const start = (
  {folder}: AdapterApp,
  command: readonly string[] = [process.execPath, ENTRY],
  ready: 'fd' | 'any' = 'fd',
) => workshop.start(command, {directory: folder, bootstrap: BOOTSTRAP, ready, app: 'shop'});

describe('what Vite builds of an app with a server', () => {
  let app: AdapterApp;
  let asset: string;
  beforeAll(async () => {
    app = makeViteApp();
    await runProgram(app, VITE, 'build');
    asset = `/assets/${readdirSync(path.join(app.folder, 'dist/client/assets')).find(name => name.endsWith('.js'))}`;
  });
  afterAll(() => app.remove());

  it('says where it listens, and answers for its files, its server and tako', async () => {
    const {port} = endpointOf(await start(app));
    assert.match((await ask(port, '/', through('shop.example.com'))).body, /<h1>Shop/);
    assert.match((await ask(port, '/about')).body, /<h1>About/);
    assert.equal((await ask(port, '/robots.txt')).body, 'User-agent: *\n');
    const script = await ask(port, asset);
    assert.equal(script.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.match(script.body, /a page with a script/);
    assert.deepEqual(JSON.parse((await ask(port, '/api?of=shop', through('shop.example.com'))).body), {
      greeting: 'hello',
      isReady: true,
      url: 'https://shop.example.com/api?of=shop',
      secret: 'the key of the shop',
      port,
    });
    await assertHealthy(port, 'shop');
  });

  it('answers with its page for paths that a router in the browser knows', async () => {
    const {port} = endpointOf(await start(app));
    const {status, body} = await ask(port, '/shop/shoes/7');
    assert.equal(status, 200);
    assert.ok(body.includes(`src="${asset}"`), body);
    assert.equal((await ask(port, '/no/such')).status, 404);
  });

  it('keeps its server out of what is served', async () => {
    const {port} = endpointOf(await start(app));
    for (const target of [
      '/server/index.js',
      '/../server/index.js',
      '/%2e%2e/server/tako-entry.mjs',
      '/tako-entry.mjs',
    ]) {
      assert.equal((await ask(port, target)).status, 404, target);
    }
    assert.equal(existsSync(path.join(app.folder, 'dist/client/tako-entry.mjs')), false);
  });

  it('is one process that has WebSockets', async () => {
    const started = await start(app, [process.execPath, ENTRY], 'any');
    const {port} = endpointOf(started);
    assert.equal(port, started.child.reservedPort);
    assert.equal(JSON.parse((await ask(port, '/pid')).body), started.child.pid);
    assert.equal(await echo(port, '/socket', through('shop.example.com')), 'hello hello');
    assert.equal((await ask(port, '/socket')).status, 426);
  });

  it('is run by the launcher of the package too, and then listens once', async () => {
    const launcher = path.join(app.folder, 'node_modules/tako.sh/dist/sdk/entrypoints/node-server.mjs');
    const {port} = endpointOf(await start(app, [process.execPath, launcher, ENTRY]));
    assert.equal(JSON.parse((await ask(port, '/api')).body).secret, 'the key of the shop');
    await assertHealthy(port, 'shop');
  });

  it('runs without tako', async () => {
    const plain = await workshop.start(['sh', '-c', `exec ${process.execPath} ${ENTRY} 3<&- 4>&-`], {
      directory: app.folder,
    });
    const {port} = endpointOf(plain);
    assert.match((await ask(port, '/')).body, /<h1>Shop/);
    assert.equal(JSON.parse((await ask(port, '/api')).body).secret, undefined);
  });
});

describe('other builds of Vite', () => {
  it('have no entry where they are for browsers only', async () => {
    const app = makeViteApp({
      'vite.config.ts': `import {tako} from 'tako.sh/vite'; export default {plugins: [tako()]};`,
    });
    await runProgram(app, VITE, 'build');
    assert.deepEqual(readdirSync(path.join(app.folder, 'dist')).sort(), ['assets', 'index.html', 'robots.txt']);
    app.remove();
  });

  it.each([
    ['a function', `export default request => new Response(new URL(request.url).pathname);`],
    [
      'fetch alone',
      `export const fetch = request => new Response(new URL(request.url).pathname); export const other = 1;`,
    ],
    [
      'a listener between middleware',
      `export const handler = (request, response, next) => request.url === '/x' ? response.end('/x') : next();`,
    ],
  ])('are served where their own entry for the server exports %s', async (_, text) => {
    const app = makeViteApp({
      'vite.config.ts': `import {tako} from 'tako.sh/vite'; export default {plugins: [tako()]};`,
      'src/entry-server.ts': text,
    });
    await runProgram(app, VITE, 'build', '--outDir', 'dist/client');
    await runProgram(app, VITE, 'build', '--ssr', 'src/entry-server.ts', '--outDir', 'dist/server');
    const {port} = endpointOf(await start(app));
    assert.equal((await ask(port, '/x')).body, '/x');
    assert.match((await ask(port, '/')).body, /<h1>Shop/);
    await assertHealthy(port, 'shop');
    app.remove();
  });

  it('are served when all packages are built in', async () => {
    const app = makeViteApp();
    app.write(
      'vite.config.ts',
      app.read('vite.config.ts').replace('environments:', 'ssr: {noExternal: true}, environments:'),
    );
    await runProgram(app, VITE, 'build');
    const {port} = endpointOf(await start(app));
    assert.equal(JSON.parse((await ask(port, '/api')).body).secret, 'the key of the shop');
    app.remove();
  });
});
