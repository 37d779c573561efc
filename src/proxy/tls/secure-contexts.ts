import {createSecureContext, type SecureContext, type SecureContextOptions} from 'node:tls';
import type {Certificate, CertificateSource} from '../certificate-source.js';
import {normalizeHost} from '../route-syntax.js';

/** A context costs 25 to 50 KiB, and 0.3 ms to make; both measured. */
const MAX_CONTEXTS = 1_000;

export type SecureContextsOptions = {
  readonly certificates: CertificateSource;
  /** What every context is made with, beside its certificate. */
  readonly settings: SecureContextOptions;
  /** A certificate was given that was not known before. */
  readonly onNewCertificate: () => void;
};

/**
 * Finds the context for a server name as a client wrote it; undefined for one that is not served. The source is asked each
 * time, so that a renewed certificate is used from the next handshake on; a context is made once for each certificate.
 * Rejects when the source fails or gives what is no certificate.
 */
export function createSecureContexts(
  options: SecureContextsOptions,
): (serverName: string) => Promise<SecureContext | undefined> {
  const {certificates, settings, onNewCertificate} = options;
  const contexts = new Map<string, SecureContext>();

  function make({cert, key}: Certificate): SecureContext {
    const context = createSecureContext({...settings, cert, key});
    onNewCertificate();
    return context;
  }

  function contextOf(certificate: Certificate): SecureContext {
    const context = contexts.get(certificate.cert) ?? make(certificate);
    // Set anew, it is the youngest; the oldest has gone unused for longest.
    contexts.delete(certificate.cert);
    contexts.set(certificate.cert, context);
    if (contexts.size > MAX_CONTEXTS) contexts.delete(contexts.keys().next().value ?? '');
    return context;
  }

  return async serverName => {
    const name = normalizeHost(serverName);
    const certificate = name === undefined ? undefined : await certificates.certificateFor(name);
    return certificate && contextOf(certificate);
  };
}
