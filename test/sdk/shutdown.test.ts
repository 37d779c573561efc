import assert from 'node:assert/strict';
import {once} from 'node:events';
import {rmSync} from 'node:fs';
import {Agent, request} from 'node:http';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, afterEach, beforeAll, describe, it} from 'vitest';
import {WebSocket} from 'ws';
import {ask as askHost} from '../contract/app-contract.js';
import {createApps, documentOf} from './contract-app.js';
import {ask, open} from './http-client.js';
import {createAppFolder, RUNTIMES} from './runtimes.js';

for (const runtime of RUNTIMES) {
  describe.skipIf(runtime.isMissing)(`the end of an app on ${runtime.name}`, () => {
    const apps = createApps();
    let folder: string;

    beforeAll(() => {
      folder = createAppFolder('sdk/handler.mjs');
    });
    afterEach(() => apps.close());
    afterAll(() => rmSync(folder, {recursive: true, force: true}));

    const start = async (environment: NodeJS.ProcessEnv = {}) => {
      const command = runtime.launch(folder, 'handler.mjs');
      const app = await apps.start(command, {directory: folder, document: documentOf(), environment});
      return {app, port: await app.port()};
    };

    it.each(['SIGTERM', 'SIGINT'] as const)(
      'comes at %s when what is in flight is answered, also with open timers',
      async signal => {
        const {app, port} = await start();
        const answer = ask(port, '/waits?ms=600');
        await delay(200);
        app.signal(signal);
        assert.equal(`${(await answer).body}`, 'waited');
        assert.deepEqual(await app.exited, {code: 0, signal: null});
        assert.match(app.output(), /closed by the app/);
      },
    );

    it('does not wait for connections that are idle', async () => {
      const {app, port} = await start();
      const agent = new Agent({keepAlive: true});
      await new Promise<void>((resolve, reject) => {
        const asked = request({port, host: '127.0.0.1', agent}, answer => answer.resume().once('end', resolve));
        asked.once('error', reject).end();
      });
      app.signal('SIGTERM');
      assert.equal((await app.exited).code, 0);
      agent.destroy();
    });

    it('is at once at the second signal', async () => {
      const {app, port} = await start();
      const asked = open(port, '/waits').on('error', () => {});
      asked.end();
      await once(asked, 'socket');
      await delay(200);
      app.signal('SIGTERM');
      await delay(200);
      assert.equal((await askHost(port, 'app.test').catch(() => undefined))?.status ?? 'refused', 'refused');
      app.signal('SIGTERM');
      assert.deepEqual(await app.exited, {code: 143, signal: null});
    });

    it('is told to WebSockets', async () => {
      const {app, port} = await start();
      const client = new WebSocket(`ws://127.0.0.1:${port}/socket?name=Ada`);
      await once(client, 'message');
      app.signal('SIGTERM');
      const [code] = await once(client, 'close');
      assert.equal(code, 1001);
      assert.equal((await app.exited).code, 0);
    });

    it('does not listen before ready() is done', async () => {
      const app = await apps.start(runtime.launch(folder, 'handler.mjs'), {
        directory: folder,
        document: documentOf(),
        environment: {READY_AFTER_MS: '400'},
      });
      let isReady = false;
      const port = app.port().then(port => {
        isReady = true;
        return port;
      });
      await delay(200);
      assert.equal(isReady, false);
      assert.equal((await ask(await port, '/')).status, 200);
    });

    it('comes with 1 when ready() fails, and says why', async () => {
      const app = await apps.start(runtime.launch(folder, 'handler.mjs'), {
        directory: folder,
        document: documentOf(),
        environment: {READY_FAILS: '1'},
      });
      assert.equal((await app.exited).code, 1);
      assert.equal(await app.readyText, '');
      assert.match(app.output(), /the database is not there/);
    });
  });
}
