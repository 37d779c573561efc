import {createPrivateKey, X509Certificate} from 'node:crypto';
import {isIPv6} from 'node:net';
import {TakoError} from '../../system/error.js';
import type {Certificate, CertificateSource} from '../certificate-source.js';
import {normalizeHost} from '../route-syntax.js';

export type StaticCertificate = {
  readonly certificate: Certificate;
  /** Hosts, and `*.` in front of one for those directly below it; what the certificate itself names if not given. */
  readonly names?: readonly string[];
};

export type StaticSourceOptions = {
  /** For names that no other certificate has; without it such clients are refused. */
  readonly defaultCertificate?: Certificate;
};

/**
 * Certificates that are there already, such as from files: by exact name, then by a wildcard for one label (RFC 6125,
 * section 6.4.3), then the default. Of two for one name, the first is used. Throws CERTIFICATE_INVALID for what is no
 * certificate, has no name, or has a key that is not its own.
 */
export function createStaticCertificateSource(
  certificates: readonly StaticCertificate[],
  {defaultCertificate}: StaticSourceOptions = {},
): CertificateSource {
  const byName = new Map<string, Certificate>();
  for (const {certificate, names} of certificates) {
    const own = namesOf(certificate);
    for (const name of names?.map(parseName) ?? own) if (!byName.has(name)) byName.set(name, certificate);
  }
  if (defaultCertificate) parseCertificate(defaultCertificate);
  return {
    certificateFor: async serverName =>
      byName.get(serverName) ?? byName.get(wildcardFor(serverName)) ?? defaultCertificate,
  };
}

const wildcardFor = (name: string): string => `*${name.slice(name.indexOf('.'))}`;

/** The names a certificate is for: SubjectAltName or, in one that has none, the common name. */
export function namesOf(certificate: Certificate): readonly string[] {
  const {subjectAltName, subject} = parseCertificate(certificate);
  const alternatives = subjectAltName?.split(', ').map(entry => /^(?:DNS|IP Address):(.*)$/.exec(entry)?.[1]);
  const common = /^CN=(.*)$/m.exec(subject)?.[1];
  return (alternatives ?? [common]).flatMap(name => normalizeName(name ?? '') ?? []);
}

function parseCertificate({cert, key}: Certificate): X509Certificate {
  try {
    const parsed = new X509Certificate(cert);
    if (parsed.checkPrivateKey(createPrivateKey(key))) return parsed;
  } catch (cause) {
    throw invalid('the certificate or its key is not PEM', cause);
  }
  throw invalid('the key does not belong to the certificate');
}

function parseName(text: string): string {
  const name = normalizeName(text);
  if (name === undefined) throw invalid(`"${text}" is not a host name`);
  return name;
}

function normalizeName(text: string): string | undefined {
  if (isIPv6(text)) return normalizeHost(`[${text}]`);
  if (!text.startsWith('*.')) return normalizeHost(text);
  const parent = normalizeHost(text.slice(2));
  return parent && `*.${parent}`;
}

const invalid = (message: string, cause?: unknown): TakoError => new TakoError('CERTIFICATE_INVALID', message, {cause});
