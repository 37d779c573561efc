import {randomBytes, type X509Certificate} from 'node:crypto';
import {hostname, userInfo} from 'node:os';

// A root says in its common name whose it is, so that people and `tako untrust` can tell the
// roots in a store apart: `tako local authority 3f2a91c0 (user@host)`.

const ROOT_NAME = /^tako local authority [0-9a-f]{8} \((.*)\)$/;

/** What the name has beside its owner takes 32 of the 64 characters of a common name. */
const MAX_OWNER_LENGTH = 32;

/**
 * A common name that no other root has. Two roots of one name confuse what looks them up by it: NSS gives both the same
 * nickname, and OpenSSL takes the first.
 */
export const newRootName = (owner: string): string =>
  `tako local authority ${randomBytes(4).toString('hex')} (${ownerLabel(owner)})`;

/** Whose root this is, or undefined when it is not one of tako's. */
export const ownerOf = (certificate: X509Certificate): string | undefined =>
  ROOT_NAME.exec(commonNameOf(certificate))?.[1];

export const isOwnedBy = (certificate: X509Certificate, owner: string): boolean =>
  ownerOf(certificate) === ownerLabel(owner);

export const commonNameOf = ({subject}: X509Certificate): string => /^CN=(.*)$/m.exec(subject)?.[1] ?? '';

/** `user@host` of this process. */
export const currentOwner = (): string => `${userName()}@${hostname()}`;

const ownerLabel = (owner: string): string => owner.replace(/[^\w.@-]/g, '-').slice(0, MAX_OWNER_LENGTH);

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a user id that no passwd file knows.
    return String(process.getuid?.() ?? 'user');
  }
}
