import type {RootCertificate} from '../../ca/root.js';
import {checkTrust, type StoreTrust, type TrustFacts} from '../../ca/trust/trust.js';
import {broken, type Finding, fine, warning} from './finding.js';

/** What the stores hold. That clients then trust it is for the clients to prove. */
export const checkTrustStores = (root: RootCertificate | undefined, facts: TrustFacts): readonly Finding[] =>
  root ? checkTrust(facts, root).map(describeStore) : [];

function describeStore(trust: StoreTrust): Finding {
  switch (trust.state) {
    case 'trusted':
      return fine('trust-store', `${trust.store} has tako's root certificate`);
    case 'not-trusted':
      return warning('trust-store', `${trust.store} does not have tako's root certificate`, 'tako trust');
    case 'stale':
      return broken('trust-store', `${trust.store} has an earlier root certificate of tako's`, 'tako trust');
    case 'unavailable':
      return describeUnavailable(trust.store, trust.reason);
  }
}

/** A reason ends with what to do, where there is something: `certutil is not installed; apt install libnss3-tools`. */
function describeUnavailable(store: string, reason: string): Finding {
  const [what = reason, ...todo] = reason.split(/[;:] /);
  return warning('trust-store', `${store}: ${what}`, todo.join('; ') || 'docs/trust.md says what each store needs');
}
