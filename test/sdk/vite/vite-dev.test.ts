import assert from 'node:assert/strict';
import {rmSync} from 'node:fs';
import path from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, describe, it, onTestFinished} from 'vitest';
import {type Client, createClient} from '../../helpers/client.js';
import {eventually} from '../../helpers/eventually.js';
import {createTako, type Tako} from '../../helpers/tako.js';
import {createWorkshop, endpointOf} from '../../supervisor/unmodified.js';
import {type AdapterApp, ask, assertHealthy, echo, openSocket, runProgram, setSecret, through} from '../adapter-app.js';
import {BOOTSTRAP, makeViteApp, VITE} from './vite-app.js';

let app: AdapterApp;
beforeEach(() => {
  app = makeViteApp();
});
afterEach(() => app.remove());

describe("Vite's dev server, started as tako starts an app", () => {
  let workshop: Awaited<ReturnType<typeof createWorkshop>>;
  beforeAll(async () => {
    workshop = await createWorkshop();
  });
  afterEach(() => workshop.end());
  afterAll(() => workshop.close());

  const start = (ready: 'fd' | 'any') =>
    workshop.start([process.execPath, `node_modules/${VITE}`], {
      directory: app.folder,
      bootstrap: BOOTSTRAP,
      ready,
      app: 'shop',
      environment: {PATH: process.env.PATH, TAKO_BUILD: 'dev', TAKO_DEV_ALLOWED_HOSTS: 'shop.example.com'},
    });

  it.each(['fd', 'any'] as const)('says where it listens, has the secrets and answers tako: %s', async ready => {
    const started = await start(ready);
    const {port} = endpointOf(started);
    if (ready === 'any') assert.equal(port, started.child.reservedPort);
    assert.deepEqual(JSON.parse((await ask(port, '/api', through('shop.test'))).body), {
      greeting: 'hello',
      isReady: true,
      url: 'https://shop.test/api',
      secret: 'the key of the shop',
      port,
    });
    await assertHealthy(port, 'shop');
  });

  it('serves files before it asks the server, pages with its own client in them', async () => {
    const {port} = endpointOf(await start('any'));
    for (const [target, text] of [
      ['/', 'Shop'],
      ['/index.html', 'Shop'],
      ['/about', 'About'],
      ['/shop/shoes/7', 'Shop'],
    ] as const) {
      const {status, body} = await ask(port, target, {...through('shop.test'), accept: 'text/html'});
      assert.equal(status, 200, target);
      assert.match(body, new RegExp(`@vite/client[^]*<h1>${text}`), target);
    }
    assert.match((await ask(port, '/src/main.ts', through('shop.test'))).body, /a page with a script/);
    assert.equal((await ask(port, '/no/such', {...through('shop.test'), accept: 'text/html'})).body, 'nothing here');
  });

  it('has a server that renders its page itself', async () => {
    rmSync(path.join(app.folder, 'index.html'));
    app.write('page.html', '<!doctype html><div><!--app--></div>');
    app.write(
      'src/server.ts',
      `import {readPage} from 'tako.sh/vite/server';
      export default async () =>
        new Response((await readPage('page.html')).replace('<!--app-->', 'rendered'), {headers: {'content-type': 'text/html'}});`,
    );
    const {port} = endpointOf(await start('any'));
    assert.match((await ask(port, '/', through('shop.test'))).body, /@vite\/client.*<div>rendered/s);
    const config = app.read('vite.config.ts').replace(`['index.html', 'about.html']`, `'page.html'`);
    app.write('vite.config.ts', config);
    await runProgram(app, VITE, 'build');
    const built = [process.execPath, 'dist/server/tako-entry.mjs'];
    const production = await workshop.start(built, {directory: app.folder, ready: 'fd'});
    assert.match((await ask(endpointOf(production).port, '/')).body, /<div>rendered/);
  });

  it('answers for the names of tako and no others', async () => {
    const {port} = endpointOf(await start('any'));
    const statusFor = async (host: string) => (await ask(port, '/', through(host))).status;
    assert.equal(await statusFor('shop.test'), 200);
    assert.equal(await statusFor('api.shop.test'), 200);
    assert.equal(await statusFor('shop.example.com'), 200);
    assert.equal(await statusFor('evil.example'), 403);
  });

  it('has the WebSockets of the app beside the one of its updates', async () => {
    const {port} = endpointOf(await start('any'));
    assert.equal(await echo(port, '/socket', through('shop.test')), 'hello hello');
  });

  it('shows where the server fails, and goes on', async () => {
    const {port} = endpointOf(await start('any'));
    assert.equal((await ask(port, '/fail')).status, 500);
    app.write('src/greeting.ts', 'export const greeting = nowhere;');
    await eventually(async () => {
      const {status, body} = await ask(port, '/api', {accept: 'text/html'});
      assert.equal(status, 500);
      assert.match(body, /nowhere is not defined/);
    });
    app.write('src/greeting.ts', `export const greeting = 'good day';`);
    await eventually(async () => assert.match((await ask(port, '/api')).body, /good day/));
    assert.equal(await echo(port, '/socket', through('shop.test')), 'good day hello');
  });
});

describe('tako dev with an app on Vite', () => {
  let tako: Tako;
  let client: Client | undefined;
  beforeAll(() => {
    tako = createTako();
  });
  afterAll(async () => {
    await client?.close();
    await tako.close();
  });

  it('serves page, server and updates under the name of the app', async () => {
    app.write('tako.toml', 'name = "vite-shop"\ndev = ["vite"]\n');
    await setSecret(app, tako, 'API_KEY', 'kept by tako');
    const {url} = await tako.dev(app.folder).ready();
    const {daemon} = await tako.status();
    assert.ok(daemon);
    client = createClient(daemon);
    assert.match((await client.get('vite-shop.test')).body, /@vite\/client/);
    const {greeting, url: seen, secret} = JSON.parse((await client.get('vite-shop.test', '/api')).body);
    assert.deepEqual([greeting, new URL(seen).protocol, secret], ['hello', 'https:', 'kept by tako']);
    const updates = await openUpdates(url, client, daemon.rootCertificate);
    app.write('src/main.ts', `document.title = 'edited';`);
    await eventually(() =>
      assert.ok(
        updates.some(text => /"type":"(?:update|full-reload)"/.test(text)),
        updates.join(),
      ),
    );
    app.write('src/greeting.ts', `export const greeting = 'good day';`);
    await eventually(async () => assert.match((await client?.get('vite-shop.test', '/api'))?.body ?? '', /good day/));
  });
});

/** What a page that is open is told, as it comes. */
async function openUpdates(url: string, client: Client, rootCertificate: string): Promise<readonly string[]> {
  const {hostname} = new URL(url);
  const {body} = await client.get(hostname, '/@vite/client');
  const token = /wsToken = "([^"]+)"/.exec(body)?.[1];
  assert.ok(token, body.slice(0, 2_000));
  // Only what the page has is watched.
  await client.get(hostname, '/src/main.ts');
  const socket = openSocket(url, `/?token=${token}`, rootCertificate, 'vite-hmr');
  onTestFinished(() => socket.terminate());
  const heard: string[] = [];
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject).on('message', data => {
      heard.push(String(data));
      if (/"connected"/.test(String(data))) resolve();
    });
  });
  return heard;
}
