import type {X509Certificate} from 'node:crypto';
import type {Certificate} from '../../proxy/certificate-source.js';
import type {Clock} from '../../system/clock.js';
import type {TakoError} from '../../system/error.js';
import {AcmeProblem, explainProblem} from './acme/acme-problem.js';
import type {RenewalInfo} from './acme/renewal-info.js';
import {type CertificateProblem, type CertificateRecord, EMPTY_RECORD} from './certificate-record.js';
import type {CertificateStore} from './certificate-store.js';
import {checkChain, UnusableChain, validityOf} from './issued-chain.js';
import type {Issue, Issued} from './issuer.js';
import {renewalTime} from './renewal-time.js';
import {retryTime} from './retry-time.js';

export type CertificateState = {
  readonly name: string;
  /** Undefined: there is none that could be shown. */
  readonly leaf: X509Certificate | undefined;
  readonly isOrdering: boolean;
  /** When it is ordered or renewed next, in milliseconds since the epoch. */
  readonly dueAt: number;
  /** Why the last try failed; null where it did not. */
  readonly problem: CertificateProblem | null;
};

export type EntryOptions = {
  readonly store: CertificateStore;
  readonly issue: Issue;
  /** Asks the CA when it wants a certificate renewed. */
  readonly renewalInfo: (directory: string, cert: string) => Promise<RenewalInfo>;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random?: () => number;
  /** Lines for the server's log. */
  readonly say: (text: string) => void;
};

/** After a CA did not say when it wants a certificate renewed. */
const NO_ANSWER_PAUSE_MS = 60 * 60_000;
/** For a certificate that is of no CA we know. */
const NEVER_MS = 365 * 24 * 60 * 60_000;

/** The certificate of one name, and what is done for it: one thing at a time. */
export type CertificateEntry = {
  /** Rejects where what is on disk cannot be read: then nothing is ordered that may be there already. */
  readonly loaded: Promise<void>;
  certificate(): Certificate | undefined;
  state(): CertificateState;
  isDue(): boolean;
  /** When there is something to do, in milliseconds since the epoch; Infinity while it is being done. */
  nextLook(): number;
  order(signal: AbortSignal): Promise<void>;
  askForRenewal(): Promise<void>;
  wait(signal: AbortSignal): Promise<void>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
};

type Known = {readonly certificate: Certificate; readonly leaf: X509Certificate};

/** Reads first what is on disk. */
export function openEntry(name: string, options: EntryOptions): CertificateEntry {
  const {store, issue, renewalInfo, clock, say, random = Math.random} = options;
  let known: Known | undefined;
  let record: CertificateRecord = {...EMPTY_RECORD, draw: random()};
  let isLoaded = false;
  let underWay: Promise<void> | undefined;
  const waiting = new Set<PromiseWithResolvers<void>>();

  async function load(): Promise<void> {
    const stored = await store.read(name);
    record = stored.record;
    known = stored.certificate && check(stored.certificate);
    isLoaded = true;
    if (holds()) settle();
  }

  /** One that has ended is still shown; anything else that is wrong with it is as if there were none. */
  function check(certificate: Certificate): Known | undefined {
    try {
      return {certificate, leaf: checkChain(certificate, [name])};
    } catch (error) {
      if (!(error instanceof UnusableChain)) throw error;
      say(`the certificate of ${name} on disk is not usable: ${error.message}; another is ordered`);
      return undefined;
    }
  }

  const holds = (): boolean => known !== undefined && known.leaf.validToDate.getTime() > clock.now();

  function dueAt(): number {
    const wanted = known && holds() ? renewalTime(validityOf(known.leaf), record.renewal ?? undefined, record.draw) : 0;
    return Math.max(wanted, record.retryAt ?? 0);
  }

  const checkAt = (): number => (known ? (record.renewalCheckAt ?? 0) : Number.POSITIVE_INFINITY);

  async function save(changed: Partial<CertificateRecord>): Promise<void> {
    record = {...record, ...changed};
    await store.writeRecord(name, record);
  }

  async function take({certificate, leaf, directory}: Known & Pick<Issued, 'directory'>): Promise<void> {
    known = {certificate, leaf};
    // Before anything is written: with what was known of the one before, a full disk would have it ordered again and again.
    record = {...EMPTY_RECORD, directory, draw: random()};
    say(`${name} has a certificate from ${new URL(directory).host}, until ${leaf.validToDate.toISOString()}`);
    settle();
    // Shown already: what cannot be kept is ordered again after a restart, and no client waits for a disk.
    await store.writeCertificate(name, certificate);
    await store.writeRecord(name, record);
  }

  async function fail(error: unknown): Promise<never> {
    const problem = explainProblem(error, name);
    const now = clock.now();
    const retryAfter = error instanceof AcmeProblem ? error.retryAfter : undefined;
    const failures = record.failures + 1;
    settle(problem);
    say(`${problem.message} [${problem.code}]`);
    await save({
      failures,
      retryAt: retryTime(now, {failures, retryAfter}, random()),
      problem: {code: problem.code, message: problem.message, hint: problem.hint ?? null, at: now},
    });
    throw problem;
  }

  function settle(problem?: TakoError): void {
    for (const one of waiting) {
      if (problem) one.reject(problem);
      else one.resolve();
    }
    waiting.clear();
  }

  async function orderNow(signal: AbortSignal): Promise<void> {
    const before = known && {...known.certificate, directory: record.directory};
    let issued: Known & Pick<Issued, 'directory'>;
    try {
      const {certificate, directory} = await issue({name, before}, signal);
      issued = {certificate, leaf: checkChain(certificate, [name]), directory};
    } catch (error) {
      signal.throwIfAborted();
      return fail(error);
    }
    await take(issued);
  }

  async function askNow(): Promise<void> {
    const {directory} = record;
    if (!known || directory === null) return save({renewalCheckAt: clock.now() + NEVER_MS});
    const {cert} = known.certificate;
    try {
      const {window, askAgainAt} = await renewalInfo(directory, cert);
      await save({renewal: window ?? null, renewalCheckAt: askAgainAt});
    } catch (error) {
      if (!(error instanceof AcmeProblem)) throw error;
      // What it said before stands; without it two thirds of the life do.
      await save({renewalCheckAt: clock.now() + NO_ANSWER_PAUSE_MS});
    }
  }

  function alone(work: () => Promise<void>): Promise<void> {
    if (underWay) return underWay.catch(() => undefined).then(() => alone(work));
    underWay = work().finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  return {
    loaded: load(),
    certificate: () => known?.certificate,
    state: () => ({
      name,
      leaf: known?.leaf,
      isOrdering: underWay !== undefined,
      dueAt: dueAt(),
      problem: record.problem,
    }),
    isDue: () => dueAt() <= clock.now(),
    nextLook: () => (isLoaded && !underWay ? Math.min(dueAt(), checkAt()) : Number.POSITIVE_INFINITY),
    order: signal => alone(() => orderNow(signal)),
    askForRenewal: () => alone(askNow),
    async wait(signal) {
      if (isLoaded && holds()) return;
      signal.throwIfAborted();
      const one = Promise.withResolvers<void>();
      waiting.add(one);
      const leave = (): void => {
        waiting.delete(one);
        one.reject(signal.reason);
      };
      signal.addEventListener('abort', leave, {once: true});
      try {
        await one.promise;
      } finally {
        signal.removeEventListener('abort', leave);
      }
    },
    idle: async () => underWay?.catch(() => undefined),
  };
}
