import assert from 'node:assert/strict';
import {rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, afterEach, beforeAll, describe, it} from 'vitest';
import {reservePort} from '../../src/supervisor/reserved-port.js';
import {eventually} from '../helpers/eventually.js';
import {createApps, documentOf} from './contract-app.js';
import {ask} from './http-client.js';
import {createAppFolder, NODES, RUNTIMES, type Runtime} from './runtimes.js';

let folder: string;
const apps = createApps();

beforeAll(() => {
  folder = createAppFolder();
});
afterEach(() => apps.close());
afterAll(() => rmSync(folder, {recursive: true, force: true}));

/** Writes a program and runs it by itself, or has the package's program serve it. */
async function start(
  runtime: Runtime,
  program: string,
  {
    isLaunched = false,
    file = 'app.mjs',
    environment = {},
    document = documentOf({KEY: 'delivered'}),
  }: {isLaunched?: boolean; file?: string; environment?: NodeJS.ProcessEnv; document?: string} = {},
) {
  writeFileSync(path.join(folder, file), program);
  const command = isLaunched ? runtime.launch(folder, file) : runtime.run(file);
  return apps.start(command, {directory: folder, environment, document});
}

const textOf = async (port: number, at = '/'): Promise<string> => `${(await ask(port, at)).body}`;
const listenersIn = (output: string): number => output.match(/listening on/g)?.length ?? 0;

const SERVE = `import {serve, tako} from 'tako.sh';
export default serve({fetch: () => new Response('served ' + tako.secrets.KEY + ' ' + tako.port)});
`;

const LISTENER = `import {createServer} from 'node:http';
import {serve} from 'tako.sh';
const answer = (request, response) => response.end('listener ' + request.url);
`;

for (const runtime of RUNTIMES) {
  describe.skipIf(runtime.isMissing)(`serve on ${runtime.name}`, () => {
    it.each([
      ['run by itself', false],
      ["run by the package's program", true],
    ])('listens once when it is %s', async (_, isLaunched) => {
      const app = await start(runtime, SERVE, {isLaunched});
      const port = await app.port();
      assert.equal(await textOf(port), `served delivered ${port}`);
    });

    it('takes a listener of node:http, and ends in the same way', async () => {
      const app = await start(runtime, `${LISTENER}await serve(answer); setInterval(() => {}, 1000);`);
      const port = await app.port();
      assert.equal(await textOf(port, '/a?b'), 'listener /a?b');
      app.signal('SIGTERM');
      assert.deepEqual(await app.exited, {code: 0, signal: null});
    });

    it('takes a server of node:http, also when listeners come later', async () => {
      const app = await start(
        runtime,
        `${LISTENER}const server = createServer(); const served = await serve(server);
        server.on('request', answer); if (served.server !== server) throw new Error('another server');`,
      );
      assert.equal(await textOf(await app.port(), '/late'), 'listener /late');
    });

    it('gives worker threads what was delivered', async () => {
      const program = `import {Worker} from 'node:worker_threads';
      import {serve} from 'tako.sh';
      const worker = new Worker(new URL('./worker.mjs', import.meta.url));
      const text = await new Promise(resolve => worker.once('message', resolve));
      await serve(() => new Response(text));`;
      const ofWorker = `import {parentPort} from 'node:worker_threads';
      import {tako} from 'tako.sh';
      parentPort.postMessage('worker ' + tako.secrets.KEY);`;
      writeFileSync(path.join(folder, 'worker.mjs'), ofWorker);
      assert.equal(await textOf(await (await start(runtime, program)).port()), 'worker delivered');
    });

    it('lets the main module listen where it is told without tako', async () => {
      const port = await reservePort();
      const environment = {PORT: String(port), KEY: 'of the environment'};
      const app = await start(runtime, SERVE, {document: '', environment});
      assert.equal(await eventually(() => textOf(port)), `served of the environment ${port}`);
      assert.equal(listenersIn(app.output()), 1);
    });
  });
}

for (const runtime of NODES) {
  describe.skipIf(runtime.isMissing)(`a main module on ${runtime.name}`, () => {
    const MODULE = `import {tako} from 'tako.sh';
    export default {fetch: () => new Response('main ' + tako.port)};`;

    it('is served by itself when it imports tako.sh and exports a handler', async () => {
      const app = await start(runtime, MODULE, {document: ''});
      const port = await app.port();
      assert.equal(await textOf(port), `main ${port}`);
      assert.equal(listenersIn(app.output()), 1);
    });

    it('is served by itself as CommonJS too', async () => {
      const program = `const {tako} = require('tako.sh');
      module.exports = {fetch: () => new Response('common ' + tako.isDev)};`;
      const app = await start(runtime, program, {file: 'app.cjs'});
      assert.equal(await textOf(await app.port()), 'common true');
    });

    it('is left alone when it listens itself', async () => {
      const port = await reservePort();
      const program = `import {createServer} from 'node:http';
      import 'tako.sh';
      createServer((_, response) => response.end('own')).listen(process.env.PORT, '127.0.0.1');
      export default {fetch: () => new Response('exported for tests')};`;
      for (const isLaunched of [false, true]) {
        const app = await start(runtime, program, {environment: {PORT: String(port)}, isLaunched});
        assert.equal(await eventually(() => textOf(port)), 'own');
        await app.close();
      }
    });

    it('runs as a script when it exports nothing', async () => {
      const program = `import {tako} from 'tako.sh'; console.log('script', tako.secrets.KEY, process.argv.slice(1));`;
      const app = await start(runtime, program);
      assert.equal((await app.exited).code, 0);
      assert.match(app.output(), /script delivered/);
    });
  });

  describe.skipIf(runtime.isMissing)(`the package's program on ${runtime.name}`, () => {
    it('lets a program see its own arguments', async () => {
      const program = 'export default () => Response.json(process.argv.slice(1));';
      const [node = '', launcher = '', file = ''] = runtime.launch(folder, 'app.mjs');
      writeFileSync(path.join(folder, file), program);
      const command = [node, launcher, file, '--instance', 'abc', 'word'];
      const app = await apps.start(command, {directory: folder, document: documentOf()});
      assert.deepEqual(JSON.parse(await textOf(await app.port())), [
        path.join(folder, 'app.mjs'),
        '--instance',
        'abc',
        'word',
      ]);
    });

    it('says what is wrong with a module that it cannot serve, and ends with 1', async () => {
      const nothing = await start(runtime, 'export const handler = 1;', {isLaunched: true});
      assert.equal((await nothing.exited).code, 1);
      assert.match(nothing.output(), /error: app\.mjs exports nothing that answers requests \[NOT_SERVABLE\]/);
      const missing = await apps.start(runtime.launch(folder, 'missing.mjs'), {directory: folder, document: ''});
      assert.equal((await missing.exited).code, 1);
      assert.match(missing.output(), /missing\.mjs/);
      const broken = await start(runtime, 'export default {fetch() { return 1 + ; }};', {isLaunched: true});
      assert.equal((await broken.exited).code, 1);
      assert.match(broken.output(), /app\.mjs:1[\s\S]*SyntaxError/);
    });

    it('names the port that is taken', async () => {
      const first = await start(runtime, SERVE);
      const port = await first.port();
      const second = await start(runtime, SERVE, {environment: {PORT: String(port)}, isLaunched: true});
      assert.equal((await second.exited).code, 1);
      assert.match(second.output(), new RegExp(`port ${port} is already in use`));
    });
  });
}
