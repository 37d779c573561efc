import {rootCertificates} from 'node:tls';
import {PUBLIC_FILE, readTextIfExists, writeFileAtomic} from '../system/files.js';
import type {RootCertificate} from './root.js';

/**
 * Where systems keep all roots in one file: Debian and its kin, Fedora, SUSE, Arch and others, Homebrew (which adds those of
 * the keychain), macOS itself.
 */
const SYSTEM_BUNDLES: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/var/lib/ca-certificates/ca-bundle.pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/certs/ca-bundle.crt',
  '/opt/homebrew/etc/ca-certificates/cert.pem',
  '/usr/local/etc/ca-certificates/cert.pem',
  '/etc/ssl/cert.pem',
];

/**
 * Writes the system's roots and this one into one file, for clients that read a list of their own or none at all: in whole,
 * and only when it differs from what is there. Where the system has no list, those that Node was built with stand for it.
 */
export async function refreshBundle(
  file: string,
  root: RootCertificate,
  systemBundles: readonly string[] = SYSTEM_BUNDLES,
): Promise<void> {
  const system = await readFirst(systemBundles);
  const content = `${system.trimEnd()}\n${root.certificate.toString()}`;
  if ((await readTextIfExists(file)) !== content) await writeFileAtomic(file, content, PUBLIC_FILE);
}

async function readFirst(files: readonly string[]): Promise<string> {
  for (const file of files) {
    const content = await readTextIfExists(file);
    if (content?.includes('-----BEGIN CERTIFICATE-----')) return content;
  }
  return rootCertificates.join('\n');
}
