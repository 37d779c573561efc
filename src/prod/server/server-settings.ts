// What an administrator writes into server.toml of an installation: facts of the machine's surroundings, for all its apps.

import path from 'node:path';
import type {z} from 'zod';
import {parseDocument} from '../../config/document.js';
import {field, flag, listOf, nonEmptyText, oneOf, table} from '../../config/field.js';
import {invalidFile} from '../../config/problem.js';
import {FORWARDING_FIELDS} from '../../proxy/forwarding-fields.js';
import {createIpNetworks} from '../../proxy/ip-networks.js';
import type {TrustedProxiesOptions} from '../../proxy/trusted-proxies.js';
import {readTextIfExists} from '../../system/files.js';
import type {Authority} from '../certificates/acme/account.js';

export const SERVER_SETTINGS_FILE = 'server.toml';

export type ServerSettings = {
  /** The proxies and load balancers in front of this machine. Undefined: none. */
  readonly trustedProxies: TrustedProxiesSettings | undefined;
  /** The CAs that certificates are ordered from, each where the one before cannot; at least one. */
  readonly authorities: readonly AuthoritySettings[];
};

export type AuthoritySettings = Authority & {
  /** A file with the root certificate of the CA's own server, PEM, where no system knows it. */
  readonly root: string | undefined;
};

export type TrustedProxiesSettings = TrustedProxiesOptions & {
  /** Whether their connections begin with the PROXY protocol. */
  readonly usesProxyProtocol: boolean;
};

const network: z.ZodType<string> = field('an IP address, a network such as "10.0.0.0/8", or "cloudflare"', input => {
  if (typeof input !== 'string') return undefined;
  try {
    createIpNetworks([input]);
    return input;
  } catch {
    return undefined;
  }
});

/** Directories that have a name; of others the address is given. */
const DIRECTORIES: Readonly<Record<string, string>> = {
  letsencrypt: 'https://acme-v02.api.letsencrypt.org/directory',
  'letsencrypt-staging': 'https://acme-staging-v02.api.letsencrypt.org/directory',
  zerossl: 'https://acme.zerossl.com/v2/DV90',
  google: 'https://dv.acme-v02.api.pki.goog/directory',
};

const directory: z.ZodType<string> = field(
  `${Object.keys(DIRECTORIES)
    .map(name => `"${name}"`)
    .join(', ')}, or the https:// address of a directory`,
  input => {
    if (typeof input !== 'string') return undefined;
    if (Object.hasOwn(DIRECTORIES, input)) return DIRECTORIES[input];
    return input.startsWith('https://') && URL.canParse(input) ? input : undefined;
  },
);

const email: z.ZodType<string> = field('an address such as "ops@example.com"', input =>
  typeof input === 'string' && /^[^\s@,?]+@[^\s@,?]+$/.test(input) ? input : undefined,
);

const authority = table({
  directory,
  email: email.optional(),
  external_account: table({key_id: nonEmptyText, hmac_key: nonEmptyText}).optional(),
  root: nonEmptyText.optional(),
});

const serverToml = table({
  acme: listOf(authority, 'an array of tables').optional(),
  trusted_proxies: table({
    addresses: listOf(network, 'an array of addresses and networks'),
    fields: oneOf(...FORWARDING_FIELDS).optional(),
    proxy_protocol: flag.optional(),
  }).optional(),
});

/** No file is as an empty one. Throws CONFIG_INVALID. */
export async function readServerSettings(root: string): Promise<ServerSettings> {
  const file = path.join(root, SERVER_SETTINGS_FILE);
  const parsed = parseDocument((await readTextIfExists(file)) ?? '', SERVER_SETTINGS_FILE, serverToml);
  if (!parsed.ok) throw invalidFile(file, parsed.problems);
  const {trusted_proxies: trusted, acme = []} = parsed.value;
  return {
    authorities: acme.length > 0 ? acme.map(authorityOf) : [DEFAULT_AUTHORITY],
    trustedProxies: trusted && {
      addresses: trusted.addresses,
      fields: trusted.fields ?? 'x-forwarded',
      usesProxyProtocol: trusted.proxy_protocol ?? false,
    },
  };
}

const DEFAULT_AUTHORITY: AuthoritySettings = authorityOf({directory: DIRECTORIES.letsencrypt ?? ''});

function authorityOf({
  directory,
  email,
  external_account: external,
  root,
}: z.output<typeof authority>): AuthoritySettings {
  return {
    directory,
    email,
    externalAccount: external && {keyId: external.key_id, hmacKey: external.hmac_key},
    root,
  };
}
