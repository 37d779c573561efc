// Pebble, Let's Encrypt's own ACME server for tests, with a DNS server that leads every name to this machine.

import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {type AddressInfo, connect, createServer} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Agent, request} from 'undici';
import {createSelfSigned} from '../../src/x509/self-signed.js';
import {eventually} from './eventually.js';

export const PEBBLE_PARTS = ['pebble', 'pebble-challtestsrv'];

export type PebbleOptions = {
  /** Where it listens; 127.0.0.1 if not given. */
  readonly address?: string;
  /** Where names lead to that are pointed nowhere else; 127.0.0.1 if not given. */
  readonly leadsTo?: string;
  /** Where it looks for proofs. */
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Of its requests, how many it refuses for their nonce; in percent. */
  readonly nonceRejects?: number;
  readonly retryAfter?: {readonly authz: number; readonly order: number};
  readonly validitySeconds?: number;
};

export type Pebble = {
  readonly directory: string;
  /** The certificate of its own server, PEM: what a client has to trust to talk to it. */
  readonly serverCertificate: string;
  /** The root of what it issues, PEM. */
  root(): Promise<string>;
  /** Sends names elsewhere than to 127.0.0.1; an empty address to nowhere. */
  pointTo(name: string, address: string): Promise<void>;
  close(): Promise<void>;
};

/** Its key is not used for anything else, and its certificate holds for an hour. */
export async function startPebble(options: PebbleOptions): Promise<Pebble> {
  const {address = '127.0.0.1', leadsTo = '127.0.0.1'} = options;
  const folder = mkdtempSync(path.join(tmpdir(), 'tako-pebble-'));
  const [port = 0, managementPort = 0, dnsPort = 0, dnsManagementPort = 0] = await freePorts(4);
  const own = createSelfSigned({
    names: ['localhost', address],
    notBefore: Date.now() - 60_000,
    notAfter: Date.now() + 3_600_000,
  });
  const file = (name: string, text: string): string => {
    const target = path.join(folder, name);
    writeFileSync(target, text, {mode: 0o600});
    return target;
  };
  const config = {
    pebble: {
      listenAddress: `${address}:${port}`,
      managementListenAddress: `${address}:${managementPort}`,
      certificate: file('cert.pem', own.cert),
      privateKey: file('key.pem', own.key),
      httpPort: options.httpPort,
      tlsPort: options.httpsPort,
      ocspResponderURL: '',
      externalAccountBindingRequired: false,
      retryAfter: options.retryAfter ?? {authz: 1, order: 1},
      profiles: {default: {description: 'the one there is', validityPeriod: options.validitySeconds ?? 7_776_000}},
    },
  };
  const dns = spawn(
    'pebble-challtestsrv',
    [
      ...['-dnsserver', `127.0.0.1:${dnsPort}`, '-management', `127.0.0.1:${dnsManagementPort}`],
      ...['-http01', '', '-https01', '', '-tlsalpn01', '', '-doh', '', '-defaultIPv6', '', '-defaultIPv4', leadsTo],
    ],
    {stdio: 'ignore'},
  );
  const pebble = spawn(
    'pebble',
    ['-config', file('config.json', JSON.stringify(config)), '-dnsserver', `127.0.0.1:${dnsPort}`, '-strict'],
    {
      stdio: 'ignore',
      env: {
        PATH: process.env.PATH,
        PEBBLE_WFE_NONCEREJECT: String(options.nonceRejects ?? 5),
        PEBBLE_AUTHZREUSE: '0',
        PEBBLE_VA_SLEEPTIME: '1',
      },
    },
  );
  const directory = `https://${address}:${port}/dir`;
  await eventually(() => connected(dnsManagementPort, '127.0.0.1'));
  await eventually(() => connected(port, address));
  return {
    directory,
    serverCertificate: own.cert,
    root: async () => readRoot(`https://${address}:${managementPort}/roots/0`, own.cert),
    async pointTo(name, target) {
      const addresses = target === '' ? [] : [target];
      await fetch(`http://127.0.0.1:${dnsManagementPort}/add-a`, {
        method: 'POST',
        body: JSON.stringify({host: `${name}.`, addresses}),
      });
    },
    async close() {
      await Promise.all([pebble, dns].map(end));
      rmSync(folder, {recursive: true, force: true});
    },
  };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({length: count}, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map(server => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(server => once(server.close(), 'close')));
  return ports;
}

async function connected(port: number, address: string): Promise<void> {
  const socket = connect(port, address);
  await once(socket, 'connect');
  socket.destroy();
}

async function readRoot(url: string, ca: string): Promise<string> {
  const {body} = await request(url, {dispatcher: new Agent({connect: {ca}})});
  return body.text();
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
