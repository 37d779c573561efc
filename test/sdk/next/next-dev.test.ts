import assert from 'node:assert/strict';
import {afterAll, beforeAll, describe, it, onTestFinished} from 'vitest';
import {eventually} from '../../helpers/eventually.js';
import {requires} from '../../helpers/system-parts.js';
import {createTako, type Tako} from '../../helpers/tako.js';
import {createWorkshop, endpointOf} from '../../supervisor/unmodified.js';
import {type AdapterApp, ask, openSocket, setSecret, through} from '../adapter-app.js';
import {BOOTSTRAP, NEXT, openNext} from './next-app.js';

const START_MS = 120_000;

describe.skipIf(requires('npm registry'))("Next's dev server", {timeout: START_MS}, () => {
  let app: AdapterApp;
  beforeAll(async () => {
    app = await openNext();
  }, START_MS);
  afterAll(() => app?.remove());

  it('has the secrets in its own process, and sees the address that the visitor used', async () => {
    const workshop = await createWorkshop();
    onTestFinished(async () => {
      await workshop.end();
      await workshop.close();
    });
    const started = await workshop.start([process.execPath, `node_modules/${NEXT}`, 'dev'], {
      directory: app.folder,
      bootstrap: BOOTSTRAP,
      bootstrapIn: 'environment',
      ready: 'any',
      readyTimeoutMs: START_MS,
      environment: {PATH: process.env.PATH, NODE_ENV: 'development', TAKO_BUILD: 'dev', NEXT_TELEMETRY_DISABLED: '1'},
    });
    const {port} = endpointOf(started);
    const {pid, ...seen} = JSON.parse((await ask(port, '/api/seen', through('web.test'))).body);
    assert.deepEqual(seen, {
      url: 'https://web.test/api/seen',
      origin: 'https://web.test',
      secret: 'the key of the shop',
      port,
    });
    assert.notEqual(pid, started.child.pid, 'the server is a child of what was started');
    const {headers} = await ask(port, '/api/leave', through('web.test'));
    assert.equal(headers.location, 'https://web.test/login?from=leave');
  });

  it('has pages of the name of the app under tako dev, and their updates', async () => {
    const tako: Tako = createTako();
    onTestFinished(() => tako.close());
    await setSecret(app, tako, 'API_KEY', 'kept by tako');
    const {url, port} = await tako.dev(app.folder).ready();
    assert.equal(JSON.parse((await ask(port ?? 0, '/api/seen')).body).secret, 'kept by tako');
    const {daemon} = await tako.status();
    assert.ok(daemon && port !== null);
    // Asked directly, so that it is the adapter's doing that the name is allowed.
    const asset = '/_next/static/chunks/main.js';
    const statusFor = async (origin: string) => (await ask(port, asset, {host: 'web.test', origin})).status;
    assert.notEqual(await statusFor('https://web.test'), 403);
    assert.equal(await statusFor('https://evil.example'), 403);
    const socket = openSocket(url, '/_next/hmr', daemon.rootCertificate);
    onTestFinished(() => socket.terminate());
    const heard: string[] = [];
    socket.on('message', data => heard.push(String(data)));
    await new Promise((resolve, reject) => socket.once('message', resolve).once('error', reject));
    await ask(port, '/', through('web.test'));
    app.write('app/page.tsx', app.read('app/page.tsx').replace('Hello from', 'Edited under'));
    await eventually(async () => assert.match((await ask(port, '/', through('web.test'))).body, /Edited under/));
    assert.ok(heard.length > 0);
  });
});
