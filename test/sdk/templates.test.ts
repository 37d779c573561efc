import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import path from 'node:path';
import {afterEach, beforeAll, describe, it, onTestFinished} from 'vitest';
import {requires} from '../helpers/system-parts.js';
import {createWorkshop, endpointOf} from '../supervisor/unmodified.js';
import {type AdapterApp, ask, assertHealthy, runProgram, through} from './adapter-app.js';
import {openTemplate} from './template-app.js';

// What the templates of the adapters' frameworks promise, as `tako init` leaves them: they type-check, build, and are what a
// release starts.

const TIMEOUT_MS = 300_000;
const TSC = 'typescript/bin/tsc';
const BOOTSTRAP = {token: 'token', secrets: {API_KEY: 'the key'}, storages: {}};

describe.skipIf(requires('npm registry'))('a template', {timeout: TIMEOUT_MS}, () => {
  let workshop: Awaited<ReturnType<typeof createWorkshop>>;
  beforeAll(async () => {
    workshop = await createWorkshop();
    return () => workshop.close();
  });
  afterEach(() => workshop.end());

  async function open(name: string): Promise<AdapterApp> {
    const app = await openTemplate(name);
    onTestFinished(app.remove);
    return app;
  }

  /** Runs its `start` script as a release does, and answers the port. */
  async function start({folder, read}: AdapterApp): Promise<number> {
    const {scripts} = JSON.parse(read('package.json')) as {scripts: {start: string}};
    const [program, ...words] = scripts.start.split(' ');
    assert.equal(program, 'node');
    const environment = {PATH: process.env.PATH, NODE_ENV: 'production', ENV: 'production'};
    const command = [process.execPath, ...words];
    const {port} = endpointOf(await workshop.start(command, {directory: folder, bootstrap: BOOTSTRAP, environment}));
    await assertHealthy(port);
    return port;
  }

  const HELLO = {hello: 'world', env: 'production', build: 'local'};
  const helloOf = async (port: number): Promise<unknown> => JSON.parse((await ask(port, '/api/hello')).body);

  it('vite-react has pages and a server', async () => {
    const app = await open('vite-react');
    await runProgram(app, TSC);
    await runProgram(app, 'vite/bin/vite.js', 'build');
    const port = await start(app);
    assert.deepEqual(await helloOf(port), HELLO);
    assert.match((await ask(port, '/')).body, /<title>web/);
    assert.match((await ask(port, '/any/page')).body, /<title>web/);
    assert.equal((await ask(port, '/api/other')).status, 404);
  });

  it('vite-static has files alone', async () => {
    const app = await open('vite-static');
    await runProgram(app, TSC);
    await runProgram(app, 'vite/bin/vite.js', 'build');
    assert.deepEqual(readdirSync(path.join(app.folder, 'dist')).sort(), ['assets', 'index.html']);
  });

  it('next has pages and a route', async () => {
    const app = await open('next');
    await runProgram(app, 'next/dist/bin/next', 'build');
    await runProgram(app, TSC);
    const port = await start(app);
    assert.deepEqual(await helloOf(port), HELLO);
    assert.match((await ask(port, '/')).body, /Rendered in (?:<!-- -->)?production/);
  });

  it('astro has pages that are files, and some that are made at each request', async () => {
    const app = await open('astro');
    await runProgram(app, 'astro/bin/astro.mjs', 'build');
    await runProgram(app, 'astro/bin/astro.mjs', 'check');
    const port = await start(app);
    assert.deepEqual(await helloOf(port), HELLO);
    assert.match((await ask(port, '/')).body, /This page is a file/);
    assert.match((await ask(port, '/now', through('web.example.com'))).body, /Rendered in production/);
    assert.equal((await ask(port, '/no/such')).status, 404);
  });
});
