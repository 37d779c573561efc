import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import path from 'node:path';
import {afterEach, beforeAll, describe, it, onTestFinished} from 'vitest';
import {requires} from '../helpers/system-parts.js';
import {createWorkshop, endpointOf} from '../supervisor/unmodified.js';
import {type AdapterApp, ask, assertHealthy, post, runProgram, through} from './adapter-app.js';
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
    app.write(
      'src/pages/seen.ts',
      `export const prerender = false;
      const answer = ({request, url}: {request: Request; url: URL}) => Response.json([request.method, url.href]);
      export const GET = answer;
      export const POST = answer;`,
    );
    await runProgram(app, 'astro/bin/astro.mjs', 'build');
    await runProgram(app, 'astro/bin/astro.mjs', 'check');
    const port = await start(app);
    assert.deepEqual(await helloOf(port), HELLO);
    assert.match((await ask(port, '/')).body, /This page is a file/);
    assert.match((await ask(port, '/now', through('web.example.com'))).body, /Rendered in production/);
    assert.equal((await ask(port, '/no/such')).status, 404);
    assert.deepEqual(JSON.parse((await ask(port, '/seen', through('web.example.com'))).body), [
      'GET',
      'https://web.example.com/seen',
    ]);
    const form = {...through('web.example.com'), 'content-type': 'application/x-www-form-urlencoded'};
    const sent = await post(port, '/seen', {...form, origin: 'https://web.example.com'});
    assert.deepEqual(JSON.parse(sent.body), ['POST', 'https://web.example.com/seen']);
    assert.equal((await post(port, '/seen', {...form, origin: 'https://evil.example'})).status, 403);
  });

  it.each(['any', 'fd'] as const)('astro has the secrets in development: %s', async ready => {
    const app = await open('astro');
    app.write(
      'src/pages/secret.astro',
      `---\nimport {tako} from 'tako.sh';\n---\n<p>{tako.secrets.API_KEY} on {tako.port}</p>\n`,
    );
    const environment = {PATH: process.env.PATH, ASTRO_TELEMETRY_DISABLED: '1', TAKO_BUILD: 'dev'};
    const command = [process.execPath, 'node_modules/astro/bin/astro.mjs', 'dev'];
    const options = {directory: app.folder, bootstrap: BOOTSTRAP, ready, environment, readyTimeoutMs: 60_000};
    const started = await workshop.start(command, options);
    const {port} = endpointOf(started);
    const {body} = await ask(port, '/secret', through('web.test'));
    assert.match(body, new RegExp(`the key on ${port}`), started.printed.join('\n'));
    assert.equal((await ask(port, '/secret', through('evil.example'))).status, 403);
  });
});
