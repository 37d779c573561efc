// Certificates of a server: the PEM files somebody has put there, else those that were ordered, else one that nobody vouches
// for.

import {createPrivateKey, X509Certificate} from 'node:crypto';
import {readdir, readFile, rm, stat} from 'node:fs/promises';
import {userInfo} from 'node:os';
import path from 'node:path';
import type {Certificate, CertificateSource} from '../../proxy/certificate-source.js';
import type {Clock} from '../../system/clock.js';
import {errorCode} from '../../system/error.js';
import {ensurePrivateFolder, readTextIfExists, writeFileAtomic} from '../../system/files.js';
import {createSelfSigned} from '../../x509/self-signed.js';

export type ServerCertificatesOptions = {
  /** `<host>/fullchain.pem` and `<host>/privkey.pem`; `*.example.com` is a host. */
  readonly filesFolder: string;
  /** Where the self-signed ones are kept, so that a restart does not change them. */
  readonly selfSignedFolder: string;
  readonly clock: Clock;
  /** Whether a host is served here at all. */
  readonly isServed: (host: string) => boolean;
  readonly onProblem: (message: string) => void;
  /** What was ordered from a CA for a name, `*.example.com` included. */
  readonly ordered: (name: string) => Certificate | undefined;
};

/** Whose certificate a client gets that names no server. */
export const DEFAULT_SERVER_NAME = 'localhost';

const DAY_MS = 24 * 60 * 60_000;
/** Clients that pin it by hand should not have to do so again soon; none trusts it by itself. */
const SELF_SIGNED_DAYS = 825;
/** A host without files is looked up again after this long, and so are files that may have been replaced. */
const LOOK_AGAIN_MS = 5_000;

export type ServerCertificates = CertificateSource & {
  /** Deletes the self-signed ones of hosts that are not served any more. */
  removeUnserved(): Promise<void>;
};

type Known = {readonly certificate: Certificate | undefined; readonly stamp: string; readonly lookedAt: number};

/** A file that has been replaced counts for the handshakes that come a few seconds later. */
export function createServerCertificates(options: ServerCertificatesOptions): ServerCertificates {
  const files = new Map<string, Known>();
  const selfSigned = new Map<string, Promise<Certificate>>();

  async function fromFiles(host: string): Promise<Certificate | undefined> {
    const known = files.get(host);
    const now = options.clock.now();
    if (known && now - known.lookedAt < LOOK_AGAIN_MS) return known.certificate;
    const folder = path.join(options.filesFolder, host);
    const stamp = await stampOf(folder);
    const certificate = stamp === known?.stamp ? known.certificate : await readPair(folder, stamp, options.onProblem);
    // What cannot be read does not take the place of what could.
    files.set(host, {certificate: certificate ?? known?.certificate, stamp, lookedAt: now});
    return certificate ?? known?.certificate;
  }

  function ownFor(host: string): Promise<Certificate> {
    const known = selfSigned.get(host) ?? openSelfSigned(host, options);
    selfSigned.set(host, known);
    known.catch(() => selfSigned.delete(host));
    return known;
  }

  const isServed = (host: string): boolean => host === DEFAULT_SERVER_NAME || options.isServed(host);

  return {
    async certificateFor(serverName) {
      // What is not served is not looked for either: a client may put anything into a server name.
      if (!isServed(serverName)) return undefined;
      for (const name of [serverName, serverName.replace(/^[^.]+/, '*')]) {
        const certificate = (await fromFiles(name)) ?? options.ordered(name);
        if (certificate) return certificate;
      }
      return ownFor(serverName);
    },
    async removeUnserved() {
      const hosts = await readdir(options.selfSignedFolder).catch(() => []);
      for (const host of hosts.filter(one => !isServed(one))) {
        selfSigned.delete(host);
        await rm(path.join(options.selfSignedFolder, host), {recursive: true, force: true});
      }
    },
  };
}

/** Changes with the files and their rights, and with what keeps us from them; empty where one of them is missing. */
async function stampOf(folder: string): Promise<string> {
  try {
    const stats = await Promise.all(PAIR.map(name => stat(path.join(folder, name))));
    return stats.map(({ctimeMs, size, ino}) => `${ctimeMs}:${size}:${ino}`).join(' ');
  } catch (error) {
    const code = errorCode(error) ?? '';
    return ['ENOENT', 'ENOTDIR'].includes(code) ? '' : code;
  }
}

const PAIR = ['fullchain.pem', 'privkey.pem'] as const;

async function readPair(
  folder: string,
  stamp: string,
  onProblem: (message: string) => void,
): Promise<Certificate | undefined> {
  if (stamp === '') return undefined;
  try {
    const [cert = '', key = ''] = await Promise.all(PAIR.map(name => readFile(path.join(folder, name), 'utf8')));
    assertPair(cert, key);
    return {cert, key};
  } catch (error) {
    onProblem(`the certificate in ${folder} cannot be used: ${describeProblem(error, folder)}`);
    return undefined;
  }
}

/** Who puts files there as root leaves them for root alone, as a rule. */
function describeProblem(error: unknown, folder: string): string {
  if (errorCode(error) !== 'EACCES') return error instanceof Error ? error.message : String(error);
  return `the server may not read it; as root: chown -R ${ownName()} ${folder}`;
}

function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user that is a number only.
    return String(process.getuid?.());
  }
}

function assertPair(cert: string, key: string): void {
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    throw new Error('privkey.pem is not the key of fullchain.pem');
  }
}

/** The one made before where it still holds. */
async function openSelfSigned(
  host: string,
  {selfSignedFolder, clock}: ServerCertificatesOptions,
): Promise<Certificate> {
  const folder = path.join(selfSignedFolder, host);
  const [cert, key] = await Promise.all(PAIR.map(name => readTextIfExists(path.join(folder, name))));
  if (cert && key && isValid(cert, key, clock.now())) return {cert, key};
  const now = clock.now();
  const made = createSelfSigned({names: [host], notBefore: now - DAY_MS, notAfter: now + SELF_SIGNED_DAYS * DAY_MS});
  await ensurePrivateFolder(folder);
  await writeFileAtomic(path.join(folder, 'privkey.pem'), made.key);
  await writeFileAtomic(path.join(folder, 'fullchain.pem'), made.cert);
  return made;
}

function isValid(cert: string, key: string, now: number): boolean {
  try {
    assertPair(cert, key);
    return new X509Certificate(cert).validToDate.getTime() > now + DAY_MS;
  } catch {
    return false;
  }
}
