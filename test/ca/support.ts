import path from 'node:path';
import {type Authority, type AuthorityOptions, openAuthority} from '../../src/ca/authority.js';
import {openCertificateSource} from '../../src/ca/certificate-source.js';
import type {Certificate, CertificateSource} from '../../src/proxy/certificate-source.js';
import type {Clock} from '../../src/system/clock.js';
import {temporaryFolder} from '../x509/support.js';

export const DAY_MS = 24 * 60 * 60 * 1000;

/** A clock that a test moves; it starts now, as OpenSSL and Node go by the real one. */
export type TestClock = Clock & {advance(ms: number): void};

export function testClock(): TestClock {
  let now = Date.now();
  return {
    now: () => now,
    sleep: async () => {},
    advance(ms) {
      now += ms;
    },
  };
}

export async function newAuthority(options: Partial<AuthorityOptions> = {}): Promise<Authority> {
  return openAuthority({folder: path.join(await temporaryFolder(), 'ca'), clock: testClock(), ...options});
}

export async function newSource(authority: Authority): Promise<CertificateSource> {
  return openCertificateSource(authority, {cacheFolder: await temporaryFolder(), clock: testClock()});
}

/** The certificate for a name that the source must serve. */
export async function certificateOf(source: CertificateSource, name: string): Promise<Certificate> {
  const certificate = await source.certificateFor(name);
  if (!certificate) throw new Error(`no certificate for ${name}`);
  return certificate;
}
