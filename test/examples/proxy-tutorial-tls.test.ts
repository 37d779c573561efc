import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {text} from 'node:stream/consumers';
import {type ConnectionOptions, connect, type TLSSocket} from 'node:tls';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {untilGone} from '../helpers/tako.js';
import {type Ask, closeClients, createAsk, startLoad} from './tutorial-client.js';
import {endPrograms, type Program, startBefore, startProgram, startUpstream, TUTORIAL} from './tutorial-program.js';

const WWW = 'www.example.test';
const ADMIN = 'admin.example.test';

const folder = mkdtempSync(path.join(tmpdir(), 'tako-tutorial-'));
const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');

beforeAll(() => {
  execFileSync(process.execPath, ['make-certificates.ts', folder], {cwd: TUTORIAL, encoding: 'utf8'});
});

afterAll(async () => {
  await closeClients();
  await endPrograms();
  rmSync(folder, {recursive: true});
});

/** As a browser that trusts the tutorial's CA, with or without a certificate of its own. */
function askAt(host: string, {port}: Program, has: 'certificate' | 'no certificate' = 'no certificate'): Ask {
  return createAsk(`https://${host}:${port}`, {ca: read('ca.pem'), ...(has === 'certificate' && client())});
}

const client = (): {readonly cert: string; readonly key: string} => ({
  cert: read('client.pem'),
  key: read('client-key.pem'),
});

describe('4: client certificates', () => {
  let program: Program;

  beforeAll(async () => {
    program = await startBefore('4-client-certificates', await startUpstream(), {CERTIFICATES: folder});
  });

  it('asks nobody for a certificate where none is needed', async () => {
    const {status, body} = await askAt(WWW, program, 'certificate')('/headers');
    // Had it been asked for, it would have been sent and the app told.
    assert.deepEqual([status, JSON.parse(body)['x-client-name']], [200, undefined]);
  });

  it('serves the other host to those who have one, and tells the app who it is', async () => {
    const {status, body} = await askAt(ADMIN, program, 'certificate')('/headers');
    assert.deepEqual([status, JSON.parse(body)['x-client-name']], [200, 'Ada']);
  });

  it('serves nobody else there', async () => {
    await assert.rejects(askAt(ADMIN, program)('/'));
  });

  it('serves that host on no connection that was made to another', async () => {
    const socket = await openConnection(program, {servername: WWW, ...client()});
    assert.match(await askAdminOn(socket), /^HTTP\/1\.1 421 /);
  });

  it('does not believe a client that says who it is', async () => {
    const headers = {'x-client-name': 'somebody else'};
    const [www, admin] = [askAt(WWW, program), askAt(ADMIN, program, 'certificate')];
    assert.equal(JSON.parse((await www('/headers', {headers})).body)['x-client-name'], undefined);
    assert.equal(JSON.parse((await admin('/headers', {headers})).body)['x-client-name'], 'Ada');
  });

  it('knows who it is when a session is resumed', async () => {
    const first = await openConnection(program, {servername: ADMIN, ...client()});
    const session = once(first, 'session').then(([bytes]) => bytes as Buffer);
    await askAdminOn(first);
    const second = await openConnection(program, {servername: ADMIN, ...client(), session: await session});
    assert.equal(second.isSessionReused(), true);
    assert.match(await askAdminOn(second), /"x-client-name": "Ada"/);
  });

  it('ends with code 0 on SIGTERM', async () => {
    assert.equal(await program.end('SIGTERM'), 0);
  });
});

async function openConnection({port}: Program, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({host: '127.0.0.1', port, ca: read('ca.pem'), ...options});
  await once(socket, 'secureConnect');
  return socket;
}

/** Asks over HTTP/1.1 for a page of the guarded host, whatever host the connection was made to. It ends with the answer. */
function askAdminOn(socket: TLSSocket, page = '/headers'): Promise<string> {
  socket.write(`GET ${page} HTTP/1.1\r\nHost: ${ADMIN}\r\nConnection: close\r\n\r\n`);
  return text(socket);
}

describe('8: all together', () => {
  const start = async (upstreams: readonly Program[], environment = {}): Promise<Program> =>
    startProgram('8-all-together', {
      environment: {
        UPSTREAM_PORTS: upstreams.map(({port}) => port).join(),
        CERTIFICATES: folder,
        CHECK_MS: '100',
        BURST: '1000000',
        ...environment,
      },
    });

  it('keeps what it may, and never what was asked with a certificate', async () => {
    const program = await start([await startUpstream()]);
    const page = '/?cache-control=max-age=60';
    const www = askAt(WWW, program);
    assert.deepEqual([await xCache(www, page), await xCache(www, page)], ['miss', 'hit']);
    const admin = askAt(ADMIN, program, 'certificate');
    assert.deepEqual([await xCache(admin, page), await xCache(admin, page)], ['miss', 'miss']);
    const misdirected = await openConnection(program, {servername: WWW});
    assert.match(await askAdminOn(misdirected, page), /^HTTP\/1\.1 421 /);
  });

  it('limits what a client may ask, also for what is in the cache', async () => {
    const program = await start([await startUpstream()], {BURST: '2', PER_SECOND: '0.001'});
    const ask = askAt(WWW, program);
    const statuses: number[] = [];
    for (let round = 0; round < 3; round++) statuses.push((await ask('/?cache-control=max-age=60')).status);
    assert.deepEqual(statuses, [200, 200, 429]);
  });

  it('fails no request while an upstream is killed and a new process takes over', async () => {
    const [victim, other] = await Promise.all([startUpstream(), startUpstream()]);
    const program = await start([victim, other]);
    const load = startLoad(askAt(WWW, program));
    await load.more(100);
    await victim.end('SIGKILL');
    await program.line(new RegExp(`127.0.0.1:${victim.port} is unhealthy`));
    const [, before] = await program.line(/worker (\d+) has taken over/);
    process.kill(program.pid, 'SIGHUP');
    await untilGone(Number(before));
    await load.more(100);
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.deepEqual(new Set(load.answers.map(({status}) => status)), new Set([200]));
    await program.line(/"status":200,"outcome":"answered","attempts":2/);
    assert.equal(await program.end('SIGTERM'), 0);
  });
});

const xCache = async (ask: Ask, page: string): Promise<unknown> => (await ask(page)).fields['x-cache'];
