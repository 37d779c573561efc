import assert from 'node:assert/strict';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {createTestCertificate} from '../helpers/certificates.js';
import {type Live, startLive} from './live.js';

let live: Live;

beforeAll(async () => {
  live = await startLive();
});

afterAll(() => live.close());

const TOML = 'dev = ["node", "server.mjs"]\n';

const plainServer = (listen: string): string => `
import {createServer} from 'node:http';
createServer((request, response) => response.end('served')).${listen};
`;

describe('an app is found', () => {
  it('on ::1 alone', async () => {
    const server = plainServer(`listen(Number(process.env.PORT), '::1')`);
    const app = await live.add('six', {'tako.toml': TOML, 'server.mjs': server});
    assert.deepEqual(await app.get(), {status: 200, type: '', body: 'served'});
  });

  it('where it listens though it ignores PORT', async () => {
    const app = await live.add('stubborn', {'tako.toml': TOML, 'server.mjs': plainServer('listen(0)')});
    assert.deepEqual(await app.get(), {status: 200, type: '', body: 'served'});
  });

  it('when it speaks TLS itself', async () => {
    const {key, cert} = createTestCertificate('localhost');
    const server = `
import {createServer} from 'node:https';
import {readFileSync} from 'node:fs';
const options = {key: readFileSync('key.pem'), cert: readFileSync('certificate.pem')};
createServer(options, (request, response) => response.end('served ' + request.socket.encrypted)).listen(Number(process.env.PORT), '127.0.0.1');
`;
    const files = {'tako.toml': TOML, 'server.mjs': server, 'key.pem': key, 'certificate.pem': cert};
    const app = await live.add('sealed', files);
    assert.deepEqual(await app.get(), {status: 200, type: '', body: 'served true'});
  });

  it('under a script that a package manager runs', async () => {
    const app = await live.add('scripted', {
      'package.json': JSON.stringify({name: 'scripted', scripts: {dev: 'node server.mjs'}}),
      'server.mjs': plainServer('listen(Number(process.env.PORT))'),
    });
    assert.deepEqual(await app.get(), {status: 200, type: '', body: 'served'});
  });
});
