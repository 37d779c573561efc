// What an administrator writes into server.toml of an installation: facts of the machine's surroundings, for all its apps.

import path from 'node:path';
import type {z} from 'zod';
import {parseDocument} from '../../config/document.js';
import {field, flag, listOf, oneOf, table} from '../../config/field.js';
import {invalidFile} from '../../config/problem.js';
import {FORWARDING_FIELDS} from '../../proxy/forwarding-fields.js';
import {createIpNetworks} from '../../proxy/ip-networks.js';
import type {TrustedProxiesOptions} from '../../proxy/trusted-proxies.js';
import {readTextIfExists} from '../../system/files.js';

export const SERVER_SETTINGS_FILE = 'server.toml';

export type ServerSettings = {
  /** The proxies and load balancers in front of this machine. Undefined: none. */
  readonly trustedProxies: TrustedProxiesSettings | undefined;
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

const serverToml = table({
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
  const {trusted_proxies: trusted} = parsed.value;
  return {
    trustedProxies: trusted && {
      addresses: trusted.addresses,
      fields: trusted.fields ?? 'x-forwarded',
      usesProxyProtocol: trusted.proxy_protocol ?? false,
    },
  };
}
