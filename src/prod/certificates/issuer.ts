// Where certificates come from: the CAs that an administrator names, in that order, by whichever proof they get.

import type {Certificate} from '../../proxy/certificate-source.js';
import type {Clock} from '../../system/clock.js';
import {type Authority, forgetAccount, openAccount} from './acme/account.js';
import {AcmeProblem} from './acme/acme-problem.js';
import {orderCertificate, type Prover} from './acme/order.js';
import {certificateId} from './acme/renewal-info.js';
import type {Challenges, LocalChallenge} from './challenges.js';

export type Issued = {
  readonly certificate: Certificate;
  /** Of the CA that it is from. */
  readonly directory: string;
};

/** What is ordered: a certificate for one name, and the one it takes the place of. */
export type Wanted = {
  readonly name: string;
  readonly before: (Certificate & {readonly directory: string | null}) | undefined;
};

/** Throws AcmeProblem, and the signal's reason. */
export type Issue = (wanted: Wanted, signal: AbortSignal) => Promise<Issued>;

export type IssuerOptions = {
  /** The next is asked where one does not answer, or lets us wait. At least one. */
  readonly authorities: readonly Authority[];
  /** Where accounts are kept. */
  readonly folder: string;
  readonly challenges: Challenges;
  /** Proves wildcards, which a CA takes from DNS alone. Undefined: there are none. */
  readonly dns?: Prover | undefined;
  readonly clock: Clock;
};

export function createIssuer(options: IssuerOptions): Issue {
  const {authorities, challenges, dns} = options;
  const local = LOCAL.map(type => localProver(type, challenges));

  return async (wanted, signal) => {
    const provers = wanted.name.startsWith('*.') ? (dns ? [dns] : []) : local;
    if (provers.length === 0) throw new AcmeProblem('a wildcard is proved by DNS, and no DNS provider is set');
    let first: unknown;
    for (const authority of authorities) {
      try {
        return await issueBy(authority, provers, wanted, options, signal);
      } catch (error) {
        first ??= error;
        if (!isOfThisAuthority(error)) throw error;
      }
    }
    throw first;
  };
}

/** What needs only port 80 first: it works behind most of what people put before a server. */
const LOCAL: readonly LocalChallenge[] = ['http-01', 'tls-alpn-01'];

const localProver = (type: LocalChallenge, challenges: Challenges): Prover => ({
  type,
  prove: async (name, token, keyAuthorization) => challenges.show(type, {name, token, keyAuthorization}),
});

async function issueBy(
  authority: Authority,
  provers: readonly Prover[],
  {name, before}: Wanted,
  {folder, clock}: IssuerOptions,
  signal: AbortSignal,
): Promise<Issued> {
  const {directory} = authority;
  const client = await openAccount(authority, folder);
  const replaces = before?.directory === directory ? certificateId(before.cert) : undefined;
  const failures: AcmeProblem[] = [];
  for (const prover of provers) {
    try {
      const order = {client, names: [name], prover, clock, signal} as const;
      return {certificate: await orderCertificate({...order, replaces}), directory};
    } catch (error) {
      if (!(error instanceof AcmeProblem)) throw error;
      if (error.type === 'accountDoesNotExist') await forgetAccount(authority, folder);
      if (!isOfProof(error)) throw error;
      failures.push(error);
    }
  }
  throw joined(failures, provers);
}

/** What the CA found when it looked: by another proof it may find something else. */
const isOfProof = ({type = ''}: AcmeProblem): boolean =>
  ['connection', 'unauthorized', 'incorrectResponse', 'tls', 'dns'].includes(type);

/** What is no fault of ours: another CA may do it. */
const isOfThisAuthority = (error: unknown): boolean =>
  error instanceof AcmeProblem &&
  (error.status === undefined || error.status >= 500 || error.status === 429) &&
  !isOfProof(error);

function joined(failures: readonly AcmeProblem[], provers: readonly Prover[]): AcmeProblem {
  const [first] = failures;
  const message = failures.map((failure, index) => `${provers[index]?.type}: ${failure.message}`).join('; ');
  return new AcmeProblem(message, {
    ...(first?.type === undefined ? {} : {type: first.type}),
    ...(first?.status === undefined ? {} : {status: first.status}),
  });
}
