// A TLS server on a free port of this process, and clients of it. All of it closes when the test is over.

import {spawn} from 'node:child_process';
import {X509Certificate} from 'node:crypto';
import {once} from 'node:events';
import {type AddressInfo, connect as connectTcp, createServer, type Socket} from 'node:net';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {type ConnectionOptions, connect, type TLSSocket} from 'node:tls';
import {onTestFinished} from 'vitest';
import type {Certificate, CertificateSource} from '../../../src/proxy/certificate-source.js';
import {createTlsServer, type TlsOptions, type TlsServer} from '../../../src/proxy/tls/tls-server.js';
import {createTestCertificate} from '../../helpers/certificates.js';

export const certificate = createTestCertificate('app.test', '*.app.test', 'localhost');

/** Serves every name below `.test` with one certificate, and the default name with it too. */
export const testSource: CertificateSource = {
  certificateFor: async name => (/\.test$|^localhost$/.test(name) ? certificate : undefined),
};

export type TestServer = TlsServer & {
  readonly port: number;
  /** The connections whose handshake is done, in order. */
  readonly connections: TLSSocket[];
  /** The connections that were accepted, in order. */
  readonly accepted: Socket[];
};

/** Greets with "hello", so that a client learns that it was taken, and echoes what it gets. */
export async function startTls(options: Partial<TlsOptions> = {}): Promise<TestServer> {
  const [connections, accepted]: [TLSSocket[], Socket[]] = [[], []];
  const tls = await createTlsServer({
    certificates: testSource,
    defaultServerName: 'localhost',
    onConnection(socket) {
      connections.push(socket);
      socket.write('hello');
      socket.pipe(socket);
    },
    ...options,
  });
  const listener = createServer(socket => {
    accepted.push(socket);
    tls.accept(socket);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  onTestFinished(() => {
    for (const socket of accepted) socket.destroy();
    listener.close();
  });
  return {...tls, port: (listener.address() as AddressInfo).port, connections, accepted};
}

export type Client = {
  readonly socket: TLSSocket;
  /** The first session the server gave. */
  readonly session: Promise<Buffer>;
};

/** Trusts anyone; resolves when the server has greeted, and rejects when it hangs up before. */
export async function openClient(port: number, options: ConnectionOptions = {}): Promise<Client> {
  const socket = connect({host: '127.0.0.1', port, rejectUnauthorized: false, ...options});
  onTestFinished(() => void socket.destroy());
  const session = new Promise<Buffer>(resolve => socket.once('session', resolve));
  await greeted(socket);
  return {socket, session};
}

function greeted(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = '';
    socket.on('data', chunk => {
      received += chunk.toString('latin1');
      if (received.startsWith('hello')) resolve();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed after ${JSON.stringify(received)}`)));
  });
}

/** What the server echoes. */
export async function echo(socket: TLSSocket, text: string): Promise<string> {
  const answer = once(socket, 'data');
  socket.write(text);
  return String((await answer)[0]);
}

/** A bare connection. */
export async function openTcp(port: number): Promise<Socket> {
  const socket = connectTcp(port, '127.0.0.1');
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Passes one connection on, with the client's first bytes cut at these offsets; each part is a segment of its own. Gives its port. */
export async function startCuttingRelay(port: number, cuts: readonly number[]): Promise<number> {
  const relay = createServer(async client => {
    relay.close();
    const server = await openTcp(port);
    client.on('error', () => server.destroy());
    server.on('close', () => client.destroy()).pipe(client);
    const [first] = await once(client, 'data');
    client.pause();
    await writeParts(server, first, cuts);
    client.pipe(server);
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  return (relay.address() as AddressInfo).port;
}

async function writeParts(socket: Socket, bytes: Buffer, cuts: readonly number[]): Promise<void> {
  for (const [index, start] of [0, ...cuts].entries()) {
    socket.write(bytes.subarray(start, cuts[index]));
    await nextTurn();
    await nextTurn();
  }
}

/** All that comes on a connection until it is closed. */
export async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', chunk => chunks.push(chunk));
  if (!socket.closed) await new Promise(resolve => socket.once('close', resolve));
  return Buffer.concat(chunks).toString('latin1');
}

export const fingerprintOf = ({cert}: Certificate): string => new X509Certificate(cert).fingerprint256;
export const shownBy = (socket: TLSSocket): string => socket.getPeerCertificate().fingerprint256;

export type OpensslRun = {readonly output: string; readonly status: number | null};

/** Runs `openssl s_client` until the server has greeted or hung up. `output` is all it printed. */
export async function runOpenssl(port: number, ...options: string[]): Promise<OpensslRun> {
  const client = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...options]);
  onTestFinished(() => void client.kill());
  let output = '';
  const read = (chunk: Buffer): void => {
    output += chunk.toString('latin1');
    // The greeting comes behind everything else that the handshake prints, the tickets of TLS 1.3 aside.
    if (/^hello|\nhello/.test(output)) client.stdin.end();
  };
  client.stdout.on('data', read);
  client.stderr.on('data', read);
  client.stdin.on('error', () => undefined);
  const [status] = await once(client, 'close');
  return {output, status: status as number | null};
}
