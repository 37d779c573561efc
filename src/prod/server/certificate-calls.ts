import type {CertificateSummary} from '../../control/server-methods.js';
import {TakoError} from '../../system/error.js';
import type {CertificateState} from '../certificates/certificate-entry.js';
import type {CertificateKeeper} from '../certificates/certificate-keeper.js';
import {validityOf} from '../certificates/issued-chain.js';
import type {HandlersOptions} from './handlers.js';

/** A CA needs some seconds for a name; who deploys does not wait for one that is slow. */
const PATIENCE_MS = 60_000;

/** What calls ask of the certificates that are ordered, and do with them. */
export function createCertificateCalls(
  keeper: Pick<CertificateKeeper, 'list' | 'renew' | 'wait'>,
  now: () => number,
): Pick<HandlersOptions, 'certificates' | 'awaitCertificates' | 'renewCertificate'> {
  const summaries = (): CertificateSummary[] =>
    keeper
      .list()
      .map(state => summaryOf(state, now()))
      .sort((one, other) => one.name.localeCompare(other.name));

  function find(name: string): CertificateSummary {
    const known = summaries();
    const found = known.find(summary => summary.name === name);
    if (found) return found;
    throw new TakoError('NO_SUCH_CERTIFICATE', `the server orders no certificate for ${name}`, {
      hint: known.length > 0 ? `it does for ${known.map(summary => summary.name).join(', ')}` : 'it orders none at all',
    });
  }

  return {
    certificates: summaries,
    async awaitCertificates(names, signal) {
      const isTried = ({state, isOrdering, problem}: CertificateSummary): boolean =>
        state === 'valid' || (problem !== null && !isOrdering);
      const until = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
      const open = summaries().filter(summary => names.includes(summary.name) && !isTried(summary));
      await Promise.allSettled(open.map(({name}) => keeper.wait(name, until)));
      return summaries().filter(({name}) => names.includes(name));
    },
    async renewCertificate(name) {
      find(name);
      await keeper.renew(name);
      return find(name);
    },
  };
}

function summaryOf({name, leaf, isOrdering, dueAt, problem}: CertificateState, now: number): CertificateSummary {
  const {notAfter = null} = leaf ? validityOf(leaf) : {};
  return {
    name,
    state: notAfter === null ? 'missing' : notAfter > now ? 'valid' : 'expired',
    isOrdering,
    issuer: /^CN=(.*)$/m.exec(leaf?.issuer ?? '')?.[1] ?? null,
    notAfter,
    dueAt,
    problem: problem && {code: problem.code, message: problem.message, hint: problem.hint, details: []},
  };
}
