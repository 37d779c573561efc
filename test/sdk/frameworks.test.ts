import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, afterEach, beforeAll, describe, it} from 'vitest';
import {WebSocket} from 'ws';
import {requires} from '../helpers/system-parts.js';
import {createApps, documentOf} from './contract-app.js';
import {ask} from './http-client.js';
import {createAppFolder, RUNTIMES} from './runtimes.js';

// serve(app) with the frameworks themselves, as npm has them.

const PACKAGES = ['express@5', 'fastify@5', 'koa@3', 'hono@4', 'ws@8'];
const INSTALL_TIMEOUT_MS = 180_000;

/** Each answers /hello/Ada with what its own router makes of it, and a POST with the JSON that came. */
const PROGRAMS = {
  express: `import express from 'express';
import {serve} from 'tako.sh';
const app = express();
app.use(express.json());
app.get('/hello/:name', (request, response) => response.send('hello ' + request.params.name));
app.post('/', (request, response) => response.json(request.body));
export default serve(app);`,
  fastify: `import fastify from 'fastify';
import {serve} from 'tako.sh';
const app = fastify();
app.get('/hello/:name', async request => 'hello ' + request.params.name);
app.post('/', async request => request.body);
app.addHook('onClose', async () => console.log('closed by a hook'));
export default serve(app);`,
  koa: `import Koa from 'koa';
import {serve} from 'tako.sh';
const app = new Koa();
app.use(async context => {
  if (context.method === 'GET') return void (context.body = 'hello ' + context.path.split('/')[2]);
  const chunks = [];
  for await (const chunk of context.req) chunks.push(chunk);
  context.body = JSON.parse(Buffer.concat(chunks));
});
export default serve(app);`,
  hono: `import {Hono} from 'hono';
import {serve} from 'tako.sh';
const app = new Hono();
app.get('/hello/:name', context => context.text('hello ' + context.req.param('name')));
app.post('/', async context => context.json(await context.req.json()));
export default serve(app);`,
  'hono by its export': `import {Hono} from 'hono';
const app = new Hono();
app.get('/hello/:name', context => context.text('hello ' + context.req.param('name')));
app.post('/', async context => context.json(await context.req.json()));
export default app;`,
};

describe.skipIf(requires('npm registry'))('serve', () => {
  let folder: string;
  const apps = createApps();

  beforeAll(() => {
    folder = createAppFolder();
    // Beside the link to this checkout, which npm would take away.
    const {status, stderr} = spawnSync(
      'npm',
      ['install', '--no-audit', '--no-fund', '--prefix', 'packages', ...PACKAGES],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    );
    assert.equal(status, 0, stderr);
    for (const name of ['express', 'fastify', 'koa', 'hono', 'ws']) link(name);
  }, INSTALL_TIMEOUT_MS);
  afterEach(() => apps.close());
  afterAll(() => rmSync(folder, {recursive: true, force: true}));

  const link = (name: string): void => {
    const target = path.join(folder, 'packages/node_modules', name);
    spawnSync('ln', ['-s', target, path.join(folder, 'node_modules', name)]);
  };

  for (const runtime of RUNTIMES.filter(({isMissing}) => !isMissing)) {
    it.each(Object.entries(PROGRAMS))(`${runtime.name} serves %s`, async (name, program) => {
      const file = `${name.replaceAll(' ', '-')}.mjs`;
      writeFileSync(path.join(folder, file), program);
      const command = runtime.launch(folder, file);
      const app = await apps.start(command, {directory: folder, document: documentOf()});
      const port = await app.port();
      assert.equal(`${(await ask(port, '/hello/Ada')).body}`, 'hello Ada');
      const headers = {'content-type': 'application/json'};
      const {body} = await ask(port, '/', {method: 'POST', headers, body: '{"a":[1,2]}'});
      assert.equal(`${body}`, '{"a":[1,2]}');
      const status = await ask(port, '/status', {headers: {host: 'app.tako', 'x-tako-internal-token': 'the-token'}});
      assert.equal(status.headers['x-tako-internal-token'], 'the-token');
      app.signal('SIGTERM');
      assert.equal((await app.exited).code, 0);
      if (name === 'fastify') assert.match(app.output(), /closed by a hook/);
    });
  }

  it('gives the server to ws', async () => {
    const program = `import express from 'express';
    import {serve} from 'tako.sh';
    import {WebSocketServer} from 'ws';
    const {server} = await serve(express());
    new WebSocketServer({server}).on('connection', socket => socket.send('from ws'));`;
    writeFileSync(path.join(folder, 'ws.mjs'), program);
    const app = await apps.start([process.execPath, 'ws.mjs'], {directory: folder, document: documentOf()});
    const client = new WebSocket(`ws://127.0.0.1:${await app.port()}`);
    const [data] = await once(client, 'message');
    assert.equal(String(data), 'from ws');
    app.signal('SIGTERM');
    assert.equal((await app.exited).code, 0);
  });
});
