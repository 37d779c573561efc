import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {afterAll, afterEach, beforeAll, describe, it} from 'vitest';
import {requires} from '../../helpers/system-parts.js';
import {createWorkshop, endpointOf} from '../../supervisor/unmodified.js';
import {type AdapterApp, ask, assertHealthy, runProgram, through} from '../adapter-app.js';
import type {TemplateOptions} from '../template-app.js';
import {BOOTSTRAP, NEXT, openNext} from './next-app.js';

const BUILD_MS = 300_000;

const LAYOUTS: readonly (readonly [string, TemplateOptions & {readonly prepare?: (app: AdapterApp) => void}])[] = [
  ['an app of Next 16', {}],
  ['an app of Next 15 in a monorepo', {versions: {next: '^15.5.0'}, below: 'apps/web'}],
  [
    'an app whose settings are a function',
    {
      prepare: app =>
        app.write(
          'next.config.ts',
          `import {withTako} from 'tako.sh/next';
          const settings = {distDir: 'built', skipProxyUrlNormalize: true};
          export default withTako(async (phase: string) => ({...settings, env: {PHASE: phase}}));`,
        ),
    },
  ],
];

describe.skipIf(requires('npm registry')).each(LAYOUTS)('in production, %s', (title, {prepare, ...options}) => {
  const isFunction = title.includes('function');
  const distDir = isFunction ? 'built' : '.next';
  let workshop: Awaited<ReturnType<typeof createWorkshop>>;
  let app: AdapterApp;
  beforeAll(async () => {
    workshop = await createWorkshop();
    app = await openNext(options);
    prepare?.(app);
    const program = options.below === undefined ? NEXT : `../../../node_modules/${NEXT}`;
    await runProgram(app, program, 'build');
  }, BUILD_MS);
  afterEach(() => workshop?.end());
  afterAll(async () => {
    await workshop?.close();
    app?.remove();
  });

  const start = (ready: 'fd' | 'any' = 'fd') =>
    workshop.start([process.execPath, `${distDir}/standalone/tako-entry.mjs`], {
      directory: app.folder,
      bootstrap: BOOTSTRAP,
      ready,
      environment: {PATH: process.env.PATH, NODE_ENV: 'production'},
    });

  it('is one process, which says where it listens and answers tako', async () => {
    const started = await start();
    const {port} = endpointOf(started);
    await assertHealthy(port);
    const {pid} = JSON.parse((await ask(port, '/api/seen')).body);
    assert.equal(pid, started.child.pid);
    assert.equal(await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'), '');
  });

  it('listens on the port that it is given, here only', async () => {
    const started = await start('any');
    const {port, host} = endpointOf(started);
    assert.deepEqual([host, port], ['127.0.0.1', started.child.reservedPort]);
  });

  it('has the secrets, at each request', async () => {
    const {port} = endpointOf(await start());
    assert.match((await ask(port, '/secret', through('web.example.com'))).body, /the key of the shop/);
  });

  it('has middleware that leads elsewhere', async () => {
    const {port} = endpointOf(await start());
    const rewritten = await ask(port, '/old', through('web.example.com'));
    assert.equal(JSON.parse(rewritten.body).secret, 'the key of the shop', rewritten.body);
    const {headers} = await ask(port, '/moved', through('web.example.com'));
    assert.equal(new URL(headers.location ?? '', 'https://web.example.com').href, 'https://web.example.com/new');
  });

  it.skipIf(isFunction)('sees the address that the visitor used', async () => {
    const {port} = endpointOf(await start());
    const {body} = await ask(port, '/api/seen?of=shop', through('web.example.com'));
    const {pid: _, ...seen} = JSON.parse(body);
    assert.deepEqual(seen, {
      url: 'https://web.example.com/api/seen?of=shop',
      origin: 'https://web.example.com',
      secret: 'the key of the shop',
      port,
    });
    const {headers} = await ask(port, '/api/leave', through('web.example.com'));
    assert.equal(headers.location, 'https://web.example.com/login?from=leave');
    assert.equal(JSON.parse((await ask(port, '/api/seen')).body).origin, `http://localhost:${port}`);
  });

  it('serves its pages with all that belongs to them', async () => {
    const {port} = endpointOf(await start());
    const {status, body} = await ask(port, '/', through('web.example.com'));
    assert.equal(status, 200);
    assert.match(body, /Hello from web/);
    const assets = [...body.matchAll(/"(\/_next\/static\/[^"\\]+)"/g)].map(([, url = '']) => url);
    assert.ok(assets.length > 0, body);
    for (const asset of assets) assert.equal((await ask(port, asset)).status, 200, asset);
    assert.equal((await ask(port, '/robots.txt')).body, 'User-agent: *\n');
    assert.equal((await ask(port, '/no/such')).status, 404);
  });

  it('ends when it is told to, after what is in flight', async () => {
    const started = await start();
    const answer = ask(endpointOf(started).port, '/api/slow');
    await started.untilPrinted(/^it takes its time$/);
    process.kill(started.child.pid, 'SIGTERM');
    assert.equal((await answer).body, 'at last');
    const {code} = await started.child.exited;
    // As the signal says, or as if all were well: versions of Next differ.
    assert.ok(code === 143 || code === 0, String(code));
  });
});
