import {TakoError} from '../../system/error.js';
import type {Run} from '../../system/exec.js';
import type {TrustChange, TrustPlan} from './trust-store.js';

/** A person may have to find and type a password first. */
const ELEVATED_TIMEOUT_MS = 5 * 60_000;
const TIMEOUT_MS = 30_000;

/**
 * Runs the changes in order; `onStep` hears of each before it runs. A store whose change fails is left there, and the
 * others go on. Throws at the end: ELEVATION_REFUSED when a user or a policy refused the rights, TRUST_FAILED when a
 * command failed, with what failed in each store as details.
 */
export async function applyPlan(
  plan: TrustPlan,
  run: Run,
  onStep: (change: TrustChange) => void = () => {},
): Promise<void> {
  const failures = new Map<string, Failure>();
  for (const change of plan.changes) {
    if (failures.has(change.store)) continue;
    onStep(change);
    const failure = await attempt(change, run);
    if (failure) failures.set(change.store, failure);
  }
  if (failures.size > 0) throw failed([...failures.values()]);
}

type Failure = {readonly detail: string; readonly isRefusal: boolean};

async function attempt({store, description, command}: TrustChange, run: Run): Promise<Failure | undefined> {
  const reason = await reasonOfFailure(() =>
    run(command, {timeoutMs: command.elevated ? ELEVATED_TIMEOUT_MS : TIMEOUT_MS}),
  );
  if (reason === undefined) return undefined;
  const isRefusal = command.elevated === true && REFUSALS.test(reason);
  return {detail: `${store}: could not ${description}: ${reason}`, isRefusal};
}

/** What sudo says of a wrong password or a user without rights, its absence, and macOS of its own dialog. */
const REFUSALS = /^sudo\b|sudoers|authorization was (?:cancell?ed|denied)/im;

async function reasonOfFailure(work: () => ReturnType<Run>): Promise<string | undefined> {
  try {
    const {exitCode, stderr, stdout} = await work();
    return exitCode === 0 ? undefined : stderr.trim() || stdout.trim() || `exit code ${exitCode}`;
  } catch (error) {
    if (error instanceof TakoError) return error.message;
    throw error;
  }
}

function failed(failures: readonly Failure[]): TakoError {
  const details = failures.map(({detail}) => detail);
  return failures.some(({isRefusal}) => isRefusal)
    ? new TakoError('ELEVATION_REFUSED', 'the system store was not changed: administrator rights were refused', {
        hint: 'run the command again from an account that may use sudo',
        details,
      })
    : new TakoError('TRUST_FAILED', 'a trust store could not be changed', {details});
}
