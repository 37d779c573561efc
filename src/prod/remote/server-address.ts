import {freeName} from '../../config/value.js';
import {TakoError} from '../../system/error.js';

export type ServerAddress = {readonly user: string | undefined; readonly host: string};

/** Reads `user@host` or `host`. Throws SERVER_ADDRESS_INVALID. */
export function parseServerAddress(text: string): ServerAddress {
  // A user of a directory service may have an @ in its name; a host never has.
  const at = text.lastIndexOf('@');
  const user = at === -1 ? undefined : userText(text.slice(0, at));
  const host = hostText(text.slice(at + 1));
  if (host !== undefined && (at === -1 || user !== undefined)) return {user, host};
  throw new TakoError('SERVER_ADDRESS_INVALID', `${JSON.stringify(text)} is not the address of a server`, {
    hint: 'write it as for ssh: user@host; a port goes with --port',
  });
}

/** A host for ssh, or undefined. What ssh would take for an option, or a shell for more than a word, is none. */
export const hostText = (input: unknown): string | undefined =>
  typeof input === 'string' && /^[\w[][\w.:%[\]-]*$/.test(input) ? input : undefined;

/** A user for ssh, or undefined. */
export const userText = (input: unknown): string | undefined =>
  typeof input === 'string' && /^[\w.][\w.@+\\$-]*$/.test(input) ? input : undefined;

const MAX_NAME_LENGTH = 63;

/** As tako.toml names servers. */
export const isServerName = (name: string): boolean => freeName.isValid(name) && name.length <= MAX_NAME_LENGTH;

/** The name a server gets from its host when it is given none. */
export function nameOfHost(host: string): string {
  const name = host
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .slice(0, MAX_NAME_LENGTH)
    .replace(/^[.-]+|[.-]+$/g, '');
  return name === '' ? 'server' : name;
}

/** Throws SERVER_NAME_INVALID for what cannot be the name of a server. */
export function checkServerName(name: string): string {
  if (isServerName(name)) return name;
  throw new TakoError('SERVER_NAME_INVALID', `${JSON.stringify(name)} cannot be the name of a server`, {
    hint: `use letters, digits, "-", "_" and ".", at most ${MAX_NAME_LENGTH} characters, as in "production-1"`,
  });
}
