// The certificates that this server orders, put together: who is asked, what is shown to them, and where it is kept.

import {readFileSync} from 'node:fs';
import path from 'node:path';
import type {Clock} from '../../system/clock.js';
import {installAcmeHttp} from '../certificates/acme/acme-http.js';
import {getRenewalInfo} from '../certificates/acme/renewal-info.js';
import {type CertificateKeeper, createCertificateKeeper} from '../certificates/certificate-keeper.js';
import {openCertificateStore} from '../certificates/certificate-store.js';
import type {Challenges} from '../certificates/challenges.js';
import {createIssuer} from '../certificates/issuer.js';
import type {AuthoritySettings} from './server-settings.js';

export type OrderedCertificatesOptions = {
  /** The installation's folder. */
  readonly root: string;
  readonly authorities: readonly AuthoritySettings[];
  readonly challenges: Challenges;
  readonly clock: Clock;
  readonly version: string;
  /** A line of the server's log. */
  readonly say: (text: string) => void;
};

/** Nothing is ordered before it is told of names. */
export function openOrderedCertificates(options: OrderedCertificatesOptions): CertificateKeeper {
  const {root, challenges, clock, version, say} = options;
  const http = {authorities: readRoots(options), now: clock.now, userAgent: `tako/${version} (https://tako.sh)`};
  installAcmeHttp(http);
  return createCertificateKeeper({
    store: openCertificateStore(path.join(root, 'state', 'certificates')),
    issue: createIssuer({
      authorities: options.authorities,
      folder: path.join(root, 'state', 'acme'),
      challenges,
      clock,
    }),
    renewalInfo: (directory, cert) => getRenewalInfo(directory, cert, http),
    clock,
    say,
  });
}

/** What cannot be read is said, and its CA is then not trusted. */
function readRoots({authorities, say}: OrderedCertificatesOptions): readonly string[] {
  return authorities.flatMap(({root}) => {
    if (root === undefined) return [];
    try {
      return [readFileSync(root, 'utf8')];
    } catch (error) {
      say(`server.toml: ${root} cannot be read: ${error instanceof Error ? error.message : error}`);
      return [];
    }
  });
}
