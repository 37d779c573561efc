// Where the certificates of `tako proxy` come from: files, or the local authority.

import {loadRoot, openAuthority} from '../../ca/authority.js';
import {openCertificateSource} from '../../ca/certificate-source.js';
import type {Certificate, CertificateSource} from '../../proxy/certificate-source.js';
import {createStaticCertificateSource} from '../../proxy/tls/static-certificate-source.js';
import {systemClock} from '../../system/clock.js';
import {TakoError} from '../../system/error.js';
import {type Context, createContext, loadUserSettings} from '../context.js';
import {type CertificateFiles, type ProxySettings, readNamedFile} from './settings.js';

/** Reads a certificate and its key. Throws FILE_UNREADABLE or CERTIFICATE_INVALID. */
async function readCertificate({cert, key}: CertificateFiles): Promise<Certificate> {
  const certificate = {cert: await readNamedFile(cert), key: await readNamedFile(key)};
  try {
    createStaticCertificateSource([{certificate}]);
  } catch (cause) {
    if (!(cause instanceof TakoError)) throw cause;
    throw new TakoError('CERTIFICATE_INVALID', `${cert} and ${key}: ${cause.message}`, {
      hint: 'both are PEM files: the certificate, with its chain behind it, and the private key it was made for',
      cause,
    });
  }
  return certificate;
}

export type Certificates = {
  readonly source: CertificateSource;
  /** The one certificate for every name, where there is only one. */
  readonly fixed: () => Certificate | undefined;
  /** Reads files anew. Throws what `readCertificate` throws, and what was read before stays in use. */
  reload(): Promise<void>;
};

export async function openCertificates({server, certificateFiles}: ProxySettings): Promise<Certificates> {
  if (!server.isSecure) return withoutFiles({certificateFor: async () => undefined});
  if (certificateFiles === undefined) return withoutFiles(await openLocalSource(createContext()));
  let certificate = await readCertificate(certificateFiles);
  return {
    source: {certificateFor: async () => certificate},
    fixed: () => certificate,
    async reload() {
      certificate = await readCertificate(certificateFiles);
    },
  };
}

const withoutFiles = (source: CertificateSource): Certificates => ({
  source,
  fixed: () => undefined,
  reload: async () => undefined,
});

/** The local authority, made as `tako dev` makes it if there is none yet. */
async function openLocalSource(context: Context): Promise<CertificateSource> {
  const {files} = context;
  const {zones} = await loadUserSettings(context);
  const authority = await openAuthority({folder: files.authority, clock: systemClock, permittedZones: zones});
  return openCertificateSource(authority, {cacheFolder: files.leaves, clock: systemClock});
}

/** Says so when no trust store has the local authority's root. Never fails. */
export async function noteUntrusted(say: (text: string) => void): Promise<void> {
  try {
    const root = await loadRoot(createContext().files.authority);
    // Loaded when it is needed: a proxy that starts does not wait for it.
    const [{checkTrust}, {readFacts}] = await Promise.all([import('../../ca/trust/trust.js'), import('../trust.js')]);
    if (!root || checkTrust(await readFacts(), root).some(({state}) => state === 'trusted')) return;
    say('browsers do not trust these certificates yet; run "tako trust"');
  } catch {
    // It serves all the same, and "tako doctor" says what is wrong.
  }
}
