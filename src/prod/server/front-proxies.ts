import type {FrontProxies} from '../../proxy/route-table.js';
import {createTrustedProxies, type TrustedProxiesOptions} from '../../proxy/trusted-proxies.js';
import {TakoError} from '../../system/error.js';
import type {Manifest} from '../releases/manifest.js';

type SourceIp = Manifest['sourceIp'];

/** What an app's `source_ip` means on this server. */
export type ServerProxies = {
  /** Whose word about clients is taken for it; nobody's if undefined. */
  of(sourceIp: SourceIp): FrontProxies | undefined;
  /** Throws NO_TRUSTED_PROXIES for one by which nobody would be served: it wants a proxy, and none is known. */
  assertServes(sourceIp: SourceIp): void;
};

export function createServerProxies(settings: TrustedProxiesOptions | undefined): ServerProxies {
  const trusted = createTrustedProxies(settings ?? {addresses: []});
  const cloudflare = createTrustedProxies({addresses: ['cloudflare']});
  return {
    of(sourceIp) {
      switch (sourceIp) {
        case 'direct':
          return undefined;
        case 'auto':
          return settings && {trusted, isRequired: false};
        case 'trusted-proxy':
          return {trusted, isRequired: true};
        case 'cloudflare-proxy':
          return {trusted: cloudflare, isRequired: true};
      }
    },
    assertServes(sourceIp) {
      if (sourceIp !== 'trusted-proxy' || settings !== undefined) return;
      throw new TakoError(
        'NO_TRUSTED_PROXIES',
        'source_ip = "trusted-proxy": this server knows no proxy in front of it',
        {
          hint: 'name it in server.toml of the installation, and run "tako servers reload"; docs/servers.md shows how',
        },
      );
    },
  };
}
