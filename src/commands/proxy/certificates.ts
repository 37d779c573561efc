// Where the certificates of `tako proxy` come from: files, or the local authority.

import {openAuthority} from '../../ca/authority.js';
import {openCertificateSource} from '../../ca/certificate-source.js';
import type {Certificate, CertificateSource} from '../../proxy/certificate-source.js';
import {createStaticCertificateSource} from '../../proxy/tls/static-certificate-source.js';
import {systemClock} from '../../system/clock.js';
import {TakoError} from '../../system/error.js';
import {type Context, loadUserSettings} from '../context.js';
import {type CertificateFiles, readNamedFile} from './settings.js';

/** Reads a certificate and its key. Throws FILE_UNREADABLE or CERTIFICATE_INVALID. */
export async function readCertificate({cert, key}: CertificateFiles): Promise<Certificate> {
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

/** One certificate for every name a client may give. */
export const sourceOf = (certificate: Certificate): CertificateSource =>
  createStaticCertificateSource([], {defaultCertificate: certificate});

/** The local authority, made as `tako dev` makes it if there is none yet. */
export async function openLocalSource(context: Context): Promise<CertificateSource> {
  const {files} = context;
  const {zones} = await loadUserSettings(context);
  const authority = await openAuthority({folder: files.authority, clock: systemClock, permittedZones: zones});
  return openCertificateSource(authority, {cacheFolder: files.leaves, clock: systemClock});
}
