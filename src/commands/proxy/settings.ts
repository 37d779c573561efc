// What `tako proxy` was told, read once at the door.

import {X509Certificate} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {FORWARDING_FIELDS} from '../../proxy/forwarding-fields.js';
import {createIpNetworks} from '../../proxy/ip-networks.js';
import {
  ALGORITHMS,
  type AlgorithmName,
  DEFAULT_ALGORITHM,
  isAlgorithmName,
} from '../../proxy/load-balancing/algorithms/algorithms.js';
import {type BackendSpec, backendAddress} from '../../proxy/load-balancing/backend.js';
import type {ClientCertificatePolicy} from '../../proxy/tls/client-certificates.js';
import type {TrustedProxiesOptions} from '../../proxy/trusted-proxies.js';
import {errorCode, TakoError} from '../../system/error.js';
import {type ListenAddress, parseListen, parseTo} from './addresses.js';
import {parseHost} from './hosts.js';
import {parseSticky, type Sticky} from './sticky.js';

/** As commander hands them over. */
export type ProxyFlags = {
  readonly listen?: string;
  readonly to: readonly string[];
  readonly host?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly http?: boolean;
  readonly lb?: string;
  readonly sticky?: string;
  readonly healthPath?: string;
  readonly clientCa?: string;
  readonly clientCaOptional?: boolean;
  readonly trustedProxy?: readonly string[];
  readonly trustedFields?: string;
  readonly proxyProtocol?: boolean;
  readonly workers?: string;
  readonly accessLog?: boolean;
  readonly grace?: string;
  readonly json?: boolean;
};

/** What every process that serves has to know; it can be sent to one. */
export type ServerSettings = {
  readonly listen: ListenAddress;
  readonly isSecure: boolean;
  /** None: every host is served. */
  readonly hosts: readonly string[];
  readonly backends: readonly BackendSpec[];
  readonly algorithm: AlgorithmName;
  readonly sticky: Sticky | undefined;
  readonly clientCertificates: ClientCertificatePolicy | undefined;
  /** Proxies in front, whose word about the client is taken. */
  readonly trustedProxies: TrustedProxiesOptions | undefined;
  /** Whether their connections begin with the PROXY protocol. */
  readonly usesProxyProtocol: boolean;
  readonly hasAccessLog: boolean;
};

export type ProxySettings = {
  readonly server: ServerSettings;
  /** The files of a certificate and its key; undefined for the local authority's. */
  readonly certificateFiles: CertificateFiles | undefined;
  readonly healthPath: string | undefined;
  readonly workers: number;
  readonly graceMs: number;
  readonly isJson: boolean;
};

export type CertificateFiles = {readonly cert: string; readonly key: string};

export const DEFAULT_LISTEN = {https: '127.0.0.1:8443', http: '127.0.0.1:8080'} as const;

/** A request of a person is over well within it. */
const DEFAULT_GRACE = '10s';
/** More processes than any machine has use for; each costs about 60 MB. */
const MAX_WORKERS = 128;

/** The only door into the settings. Throws LISTEN_INVALID, TO_INVALID, HOST_INVALID, STICKY_INVALID, OPTIONS_INVALID, FILE_UNREADABLE, CERTIFICATE_INVALID, NETWORK_INVALID. */
export async function readSettings(flags: ProxyFlags): Promise<ProxySettings> {
  const isSecure = flags.http !== true;
  checkTogether(flags);
  return {
    server: {
      listen: parseListen(flags.listen ?? (isSecure ? DEFAULT_LISTEN.https : DEFAULT_LISTEN.http)),
      isSecure,
      hosts: (flags.host ?? []).map(parseHost),
      backends: parseBackends(flags.to),
      algorithm: parseAlgorithm(flags.lb ?? (flags.sticky === undefined ? DEFAULT_ALGORITHM : 'consistent-hash')),
      sticky: readSticky(flags),
      clientCertificates: await readClientCertificates(flags),
      trustedProxies: readTrustedProxies(flags),
      usesProxyProtocol: flags.proxyProtocol === true,
      hasAccessLog: flags.accessLog === true,
    },
    certificateFiles:
      flags.cert !== undefined && flags.key !== undefined ? {cert: flags.cert, key: flags.key} : undefined,
    healthPath: flags.healthPath,
    workers: parseWorkers(flags.workers ?? '1'),
    graceMs: parseGrace(flags.grace ?? DEFAULT_GRACE),
    isJson: flags.json === true,
  };
}

/** Options that mean nothing, or something unsafe, without each other. */
function checkTogether(flags: ProxyFlags): void {
  const {http, cert, key, clientCa, clientCaOptional, lb, sticky, healthPath} = flags;
  const {trustedProxy, trustedFields, proxyProtocol} = flags;
  const problems = [
    (cert === undefined) !== (key === undefined) && '--cert and --key are given together or not at all',
    http && (cert ?? key) !== undefined && '--http has no use for --cert and --key',
    http && clientCa !== undefined && '--http cannot ask for client certificates',
    clientCaOptional && clientCa === undefined && '--client-ca-optional needs --client-ca',
    sticky !== undefined && lb !== undefined && lb !== 'consistent-hash' && '--sticky goes with --lb consistent-hash',
    proxyProtocol && trustedProxy === undefined && '--proxy-protocol needs --trusted-proxy',
    trustedFields !== undefined && trustedProxy === undefined && '--trusted-fields needs --trusted-proxy',
    healthPath !== undefined && !healthPath.startsWith('/') && '--health-path starts with "/"',
  ].filter(problem => typeof problem === 'string');
  if (problems.length > 0) throw invalid(problems.join('; '));
}

function parseBackends(texts: readonly string[]): readonly BackendSpec[] {
  const backends = texts.map(parseTo);
  const addresses = backends.map(({upstream}) => backendAddress(upstream));
  const twice = addresses.find((address, index) => addresses.indexOf(address) !== index);
  if (twice === undefined) return backends;
  throw invalid(`--to names ${twice} twice; a weight, as in ${twice}=2, gives it more requests`);
}

function parseAlgorithm(name: string): AlgorithmName {
  if (isAlgorithmName(name)) return name;
  throw invalid(`--lb ${name} is no way to choose; there are: ${Object.keys(ALGORITHMS).join(', ')}`);
}

function parseWorkers(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MAX_WORKERS) return count;
  throw invalid(`--workers ${text}: expected a number from 1 to ${MAX_WORKERS}`);
}

const UNIT_MS: Readonly<Record<string, number>> = {ms: 1, s: 1_000, m: 60_000};

function parseGrace(text: string): number {
  const [, amount, unit = ''] = /^(\d{1,6})(ms|s|m)$/.exec(text) ?? [];
  if (amount !== undefined) return Number(amount) * (UNIT_MS[unit] ?? 1);
  throw invalid(`--grace ${text}: expected a time such as 10s, 500ms or 2m`);
}

function readTrustedProxies({trustedProxy: addresses, trustedFields}: ProxyFlags): TrustedProxiesOptions | undefined {
  if (addresses === undefined) return undefined;
  const fields = FORWARDING_FIELDS.find(name => name === (trustedFields ?? 'x-forwarded'));
  if (fields === undefined) {
    throw invalid(`--trusted-fields ${trustedFields} is none; there are: ${FORWARDING_FIELDS.join(', ')}`);
  }
  createIpNetworks(addresses);
  return {addresses, fields};
}

/** Consistent hashing without a word about what to stick to goes by the client's address. */
function readSticky({lb, sticky}: ProxyFlags): Sticky | undefined {
  if (sticky !== undefined) return parseSticky(sticky);
  return lb === 'consistent-hash' ? {by: 'address'} : undefined;
}

async function readClientCertificates({
  clientCa,
  clientCaOptional,
}: ProxyFlags): Promise<ClientCertificatePolicy | undefined> {
  if (clientCa === undefined) return undefined;
  const ca = await readNamedFile(clientCa);
  checkCertificate(clientCa, ca);
  return {id: 'client-ca', ca, mode: clientCaOptional ? 'optional' : 'required'};
}

function checkCertificate(file: string, pem: string): void {
  try {
    new X509Certificate(pem);
  } catch (cause) {
    throw new TakoError('CERTIFICATE_INVALID', `${file} has no certificate`, {
      hint: 'give --client-ca the CA that signs the certificates of clients, as a PEM file',
      cause,
    });
  }
}

/** Reads a file that the command line names. Throws FILE_UNREADABLE. */
export async function readNamedFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new TakoError(
      'FILE_UNREADABLE',
      `${file} cannot be read: ${errorCode(cause) === 'ENOENT' ? 'there is no such file' : String((cause as Error).message)}`,
      {
        hint: 'check the path and its rights',
        cause,
      },
    );
  }
}

const invalid = (message: string): TakoError =>
  new TakoError('OPTIONS_INVALID', message, {hint: '"tako proxy --help" explains each'});
