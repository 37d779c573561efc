// The proofs that a CA finds here while it looks whether a name leads to this server.

import type {Certificate} from '../../proxy/certificate-source.js';
import type {RequestFilter} from '../../proxy/request-path.js';
import type {TlsChallenges} from '../../proxy/tls/challenge-server.js';
import type {Clock} from '../../system/clock.js';
import {createChallengeCertificate} from '../../x509/challenge-certificate.js';

/** Ways to prove a name that need nothing but this server. */
export type LocalChallenge = 'http-01' | 'tls-alpn-01';

export type Challenges = {
  /** Shows it until the returned function is called. */
  show(type: LocalChallenge, proof: Proof): () => void;
  /** Answers a CA (RFC 8555, section 8.3), also over HTTPS where something in front of us has redirected it there. */
  readonly filter: RequestFilter;
  readonly tls: TlsChallenges;
};

export type Proof = {
  readonly name: string;
  readonly token: string;
  readonly keyAuthorization: string;
};

const PREFIX = '/.well-known/acme-challenge/';

export function createChallenges(clock: Clock): Challenges {
  const byToken = new Map<string, string>();
  const byName = new Map<string, Certificate>();

  return {
    show(type, {name, token, keyAuthorization}) {
      if (type === 'http-01') {
        byToken.set(token, keyAuthorization);
        return () => void byToken.delete(token);
      }
      const certificate = createChallengeCertificate(name, keyAuthorization, clock.now());
      byName.set(name, certificate);
      return () => {
        if (byName.get(name) === certificate) byName.delete(name);
      };
    },
    filter(session) {
      const {target} = session.request;
      if (byToken.size === 0 || !target.startsWith(PREFIX)) return false;
      const keyAuthorization = byToken.get(target.slice(PREFIX.length));
      if (keyAuthorization === undefined) return false;
      session.respond(200, {'content-type': 'application/octet-stream'}, keyAuthorization);
      return true;
    },
    tls: {
      isPending: () => byName.size > 0,
      certificateFor: name => byName.get(name),
    },
  };
}
