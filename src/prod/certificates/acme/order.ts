// One order of a certificate (RFC 8555, section 7.4): its names are proved, then it is signed.

import acme from 'acme-client';
import type {Certificate} from '../../../proxy/certificate-source.js';
import type {Clock} from '../../../system/clock.js';
import {generateKeys, privateKeyPem} from '../../../x509/keys.js';
import {checkChain, checkTime, UnusableChain} from '../issued-chain.js';
import {AcmeProblem, parseProblem} from './acme-problem.js';

/** Shows a CA a proof, until the returned function is called. */
export type Prover = {
  /** `http-01`, `tls-alpn-01` or `dns-01`. */
  readonly type: string;
  prove(name: string, token: string, keyAuthorization: string): Promise<() => void | Promise<void>>;
};

export type Order = {
  readonly client: acme.Client;
  /** One name, or more of one certificate. A wildcard needs a prover of `dns-01`. */
  readonly names: readonly [string, ...string[]];
  readonly prover: Prover;
  /** The certificate that this one takes the place of, as RFC 9773, section 5 names it. */
  readonly replaces: string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/** Between two looks at whether the CA is done; 1 s at first, as most are within that. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5_000;
/** A CA looks from several places, and tries more than once. */
const PATIENCE_MS = 3 * 60_000;

/** Resolves with a certificate that has been checked. Throws AcmeProblem. */
export async function orderCertificate(order: Order): Promise<Certificate> {
  const {client, names, replaces, clock} = order;
  const identifiers = names.map(value => ({type: 'dns', value}));
  // What is not in the library's types is passed on all the same.
  const opened = await client.createOrder({identifiers, ...(replaces === undefined ? {} : {replaces})});
  for (const authorization of await client.getAuthorizations(opened)) await authorize(authorization, opened, order);
  const key = privateKeyPem(generateKeys().privateKey);
  const [, request] = await acme.crypto.createCsr({altNames: [...names]}, key);
  await client.finalizeOrder(opened, request);
  const done = await until(order, () => client.getOrder(opened), isSettled);
  if (done.status !== 'valid') throw parseProblem(done.error);
  const certificate = {cert: await client.getCertificate(done), key};
  try {
    checkTime(checkChain(certificate, names), clock.now());
  } catch (error) {
    if (error instanceof UnusableChain) throw new AcmeProblem(`the CA's certificate is not usable: ${error.message}`);
    throw error;
  }
  return certificate;
}

const isSettled = ({status}: acme.Order): boolean => status === 'valid' || status === 'invalid';

async function authorize(authorization: acme.Authorization, opened: acme.Order, order: Order): Promise<void> {
  const {client, prover} = order;
  if (authorization.status === 'valid') return;
  const {value: name} = authorization.identifier;
  const challenge = authorization.challenges.find(({type}) => type === prover.type);
  if (!challenge) throw new AcmeProblem(`the CA does not take a proof by ${prover.type} for ${name}`);
  const keyAuthorization = await client.getChallengeKeyAuthorization(challenge);
  const hide = await prover.prove(name, challenge.token, keyAuthorization);
  try {
    await client.completeChallenge(challenge);
    const find = async (): Promise<acme.Authorization> => {
      const all = await client.getAuthorizations(opened);
      return all.find(({url}) => url === authorization.url) ?? authorization;
    };
    const proved = await until(order, find, ({status}) => status !== 'pending');
    if (proved.status !== 'valid') throw problemOf(proved, prover.type);
  } finally {
    await hide();
  }
}

/** What the CA says of the proof that it looked at. */
function problemOf({challenges, status}: acme.Authorization, type: string): AcmeProblem {
  const failed = challenges.find(challenge => challenge.type === type && challenge.error !== undefined);
  return failed ? parseProblem(failed.error) : new AcmeProblem(`the CA's authorization is ${status}`);
}

/** Throws AcmeProblem when it is not so in time, and the signal's reason. */
async function until<T>({clock, signal}: Order, look: () => Promise<T>, isEnough: (found: T) => boolean): Promise<T> {
  const deadline = clock.now() + PATIENCE_MS;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    signal.throwIfAborted();
    const found = await look();
    if (isEnough(found)) return found;
    if (clock.now() > deadline) throw new AcmeProblem(`the CA was not done within ${PATIENCE_MS / 60_000} min`);
    await clock.sleep(pause, signal);
  }
}
