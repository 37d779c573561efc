// Whether tako answers where addresses lead: a real handshake and request on each address, verified against our root alone.

import {readFile} from 'node:fs/promises';
import {Agent, request} from 'undici';
import type {DaemonInfo} from '../../control/protocol.js';
import {CANARY_HOST, CANARY_PATH, canaryAnswer} from '../../devproxy/canary.js';
import {errorCode} from '../../system/error.js';
import {findPortOwner, type PortOwner} from '../../system/port-owner.js';
import {broken, type Finding, fine} from './finding.js';

/** What a request came to. */
export type Reply =
  | {readonly state: 'answered'}
  /** Something else did. */
  | {readonly state: 'strange'; readonly owner: PortOwner | undefined}
  | {readonly state: 'failed'; readonly error: unknown; readonly owner: PortOwner | undefined};

export type HttpsFacts = {
  readonly port: number;
  readonly httpPort: number;
  readonly pid: number;
  readonly ipv4: Reply;
  readonly ipv6: Reply;
  readonly http: Reply;
};

const TIMEOUT_MS = 3_000;

export async function readHttps({https, http, pid, rootCertificate}: DaemonInfo): Promise<HttpsFacts> {
  const ca = await readFile(rootCertificate, 'utf8');
  const ask = (url: string, port: number): Promise<Reply> => probe({url: url + CANARY_PATH, port, pid, ca});
  const [ipv4, ipv6, plain] = await Promise.all([
    ask(`https://127.0.0.1:${https.port}`, https.port),
    ask(`https://[::1]:${https.port}`, https.port),
    ask(`http://127.0.0.1:${http.port}`, http.port),
  ]);
  return {port: https.port, httpPort: http.port, pid, ipv4, ipv6, http: plain};
}

type Probe = {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly ca: string;
};

async function probe({url, port, pid, ca}: Probe): Promise<Reply> {
  const dispatcher = new Agent({
    connect: {ca, servername: CANARY_HOST, timeout: TIMEOUT_MS},
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  });
  try {
    const {body} = await request(url, {dispatcher, headers: {host: CANARY_HOST}});
    if ((await body.text()) === canaryAnswer(pid)) return {state: 'answered'};
    return {state: 'strange', owner: await findPortOwner(port, 'tcp')};
  } catch (error) {
    return {state: 'failed', error, owner: await findPortOwner(port, 'tcp')};
  } finally {
    await dispatcher.destroy();
  }
}

export const checkHttps = ({port, httpPort, pid, ipv4, ipv6, http}: HttpsFacts): readonly Finding[] => [
  isAnswered(ipv4)
    ? fine('https-ipv4', `HTTPS answers on 127.0.0.1 port ${port} with a valid certificate`)
    : describe('https-ipv4', `HTTPS on 127.0.0.1 port ${port}`, ipv4, pid),
  describeIpv6(port, pid, ipv6),
  isAnswered(http)
    ? fine('http', `HTTP answers on 127.0.0.1 port ${httpPort}`)
    : describe('http', `HTTP on 127.0.0.1 port ${httpPort}`, http, pid),
];

function describeIpv6(port: number, pid: number, reply: Reply): Finding {
  if (isAnswered(reply)) return fine('https-ipv6', `HTTPS answers on [::1] port ${port} with a valid certificate`);
  const hasNone = reply.state === 'failed' && NO_IPV6.includes(errorCode(reply.error) ?? '');
  return hasNone
    ? fine('https-ipv6', 'this machine has no IPv6; 127.0.0.1 alone is served')
    : describe('https-ipv6', `HTTPS on [::1] port ${port}`, reply, pid);
}

const isAnswered = ({state}: Reply): boolean => state === 'answered';

/** What a machine without IPv6 says to a connection. */
const NO_IPV6 = ['EADDRNOTAVAIL', 'EAFNOSUPPORT'];

type PortId = 'https-ipv4' | 'https-ipv6' | 'http';

function describe(id: PortId, where: string, reply: Exclude<Reply, {state: 'answered'}> | Reply, pid: number): Finding {
  const owner = reply.state === 'answered' ? undefined : reply.owner;
  const what = reply.state === 'failed' ? messageOf(reply.error) : 'something other than tako answers';
  if (owner && owner.pid !== pid) {
    const fix = `stop ${owner.name} (pid ${owner.pid}), or choose another port in settings.toml; then tako doctor --fix`;
    return broken(id, `${where}: ${what}; ${owner.name} (pid ${owner.pid}) has the port`, fix);
  }
  return broken(id, `${where}: ${what}`, 'tako doctor --fix');
}

/** An error of several tries has no words of its own. */
const messageOf = (error: unknown): string =>
  (error instanceof Error && error.message) || (errorCode(error) ?? 'no connection');
