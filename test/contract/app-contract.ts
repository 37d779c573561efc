import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {request} from 'node:http';
import {setTimeout as delay} from 'node:timers/promises';
import {afterEach, describe, it} from 'vitest';
import {reservePort} from '../../src/supervisor/reserved-port.js';
import {eventually} from '../helpers/eventually.js';
import {createApps, documentOf, type StartOptions} from '../sdk/contract-app.js';

const MIB = 1024 * 1024;
const TOKEN = 'x-tako-internal-token';

/** The app under test: it answers every request of its own with the SHA-256 of its secret VALUE. */
export type ContractProgram = {
  readonly command: readonly string[];
  readonly directory: string;
  /** Deno has no way to close a descriptor that it has inherited. */
  readonly keepsDescriptors?: boolean;
};

export type Answer = {readonly status: number; readonly headers: Record<string, unknown>; readonly body: string};

/** A plain request with a Host of choice. */
export function ask(port: number, host: string, path = '/', headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({host: '127.0.0.1', port, path, headers: {host, ...headers}, agent: false}, answer => {
      let body = '';
      answer.setEncoding('utf8').on('data', chunk => (body += chunk));
      answer.once('end', () => resolve({status: answer.statusCode ?? 0, headers: answer.headers, body}));
    });
    asked.once('error', reject).end();
  });
}

/** What every app of the contract does, whoever wrote it: the wire between tako and its apps. */
export function appContract(name: string, isMissing: boolean, create: () => ContractProgram): void {
  describe.skipIf(isMissing)(`${name} as an app of the contract`, () => {
    const apps = createApps();
    afterEach(() => apps.close());

    const start = (options: StartOptions) => {
      const {command, directory} = create();
      return apps.start(command, {directory, ...options});
    };
    const startWith = async (options: StartOptions) => {
      const app = await start(options);
      return {app, port: await app.port()};
    };

    it('writes its port and a newline to descriptor 4 when it listens there, and closes it', async () => {
      const app = await start({document: documentOf()});
      const line = await app.readyText;
      if (!create().keepsDescriptors) await app.readyClosed;
      assert.match(line, /^[1-9]\d{0,4}\n$/);
      assert.equal((await ask(Number(line), 'app.test')).status, 200);
    });

    it('listens on HOST only', async () => {
      const {port} = await startWith({document: documentOf(), environment: {HOST: '127.0.0.1'}});
      await assert.rejects(
        new Promise((resolve, reject) => {
          request({host: '127.0.0.2', port}).once('response', resolve).once('error', reject).end();
        }),
      );
    });

    for (const [size, length] of [
      ['no secret', undefined],
      ['an empty one', 0],
      ['one that fills the pipe', 65_536],
      ['one of 1 MiB', MIB],
      ['one of 4 MiB', 4 * MIB],
    ] as const) {
      it(`reads all that is delivered: ${size}`, async () => {
        const value = 'ä'.repeat((length ?? 0) / 2);
        const {port} = await startWith({document: documentOf(length === undefined ? {} : {VALUE: value})});
        assert.equal((await ask(port, 'app.test')).body, sha256(value));
      });
    }

    it('runs with nothing delivered at all: then there is no token, and nothing to answer for', async () => {
      const {port} = await startWith({document: ''});
      assert.equal((await ask(port, 'app.tako', '/status')).body, sha256(''));
    });

    it('waits for a document that comes in pieces', async () => {
      const app = await start({});
      const document = documentOf({VALUE: 'in pieces'});
      for (const piece of document.match(/[\s\S]{1,9}/g) ?? []) {
        app.document.write(piece);
        await delay(5);
      }
      app.document.end();
      assert.equal((await ask(await app.port(), 'app.test')).body, sha256('in pieces'));
    });

    it('may read late: who writes is not held up', async () => {
      const value = 'x'.repeat(MIB);
      const {port} = await startWith({document: documentOf({VALUE: value}), environment: {READ_AFTER_MS: '300'}});
      assert.equal((await ask(port, 'app.test')).body, sha256(value));
    });

    it('does not start with half a document, and shows nothing of it', async () => {
      const app = await start({document: documentOf({VALUE: 'canary-in-the-secret'}).slice(0, -4)});
      const {code} = await app.exited;
      assert.notEqual(code, 0);
      assert.equal(await app.readyText, '');
    });

    it('answers tako with the token it was given', async () => {
      const {app, port} = await startWith({document: documentOf({}, 'a token')});
      const {status, headers, body} = await ask(port, 'app.tako', '/status', {[TOKEN]: 'a token'});
      assert.deepEqual([status, headers[TOKEN]], [200, 'a token']);
      assert.equal(JSON.parse(body).status, 'healthy');
      assert.equal(JSON.parse(body).pid, app.pid);
    });

    it('gives its token to nobody who does not have it', async () => {
      const {port} = await startWith({document: documentOf({}, 'a token')});
      for (const token of [undefined, '', 'b token', 'a toke', 'a token, a token']) {
        const headers = token === undefined ? undefined : {[TOKEN]: token};
        const answer = await ask(port, 'app.tako', '/status', headers);
        assert.equal(answer.status, 403);
        assert.equal(JSON.stringify(answer).includes('a token'), false);
      }
    });

    it('answers a plain request for /status itself, on whatever host', async () => {
      const {port} = await startWith({document: documentOf({VALUE: 'own'}), environment: {TAKO_APP_NAME: 'app'}});
      for (const host of [`127.0.0.1:${port}`, 'localhost', '0.0.0.0', 'app.test', 'other.tako', 'app.tako.example']) {
        const {status, body} = await ask(port, host, '/status');
        assert.deepEqual([host, status, body], [host, 200, sha256('own')]);
      }
    });

    it('goes on when nobody wants to know its port', async () => {
      const port = await reservePort();
      const app = await start({environment: {PORT: String(port)}});
      app.stopReading();
      app.document.end(documentOf({VALUE: 'on'}));
      assert.equal((await eventually(() => ask(port, 'app.test'))).body, sha256('on'));
    });
  });
}

const sha256 = (value: string): string => createHash('sha256').update(value).digest('hex');
