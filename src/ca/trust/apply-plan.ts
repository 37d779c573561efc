import {TakoError} from '../../system/error.js';
import type {Run} from '../../system/exec.js';
import type {InstallationRecord} from './installation-record.js';
import type {TrustChange, TrustPlan} from './trust-store.js';

/** A person may have to find and type a password first, or to answer a dialog. */
const ASKING_TIMEOUT_MS = 5 * 60_000;
/** keytool starts a Java for each change, which takes seconds on a machine that is busy. */
const TIMEOUT_MS = 60_000;

export type ApplyOptions = {
  /** Hears of each change before it runs. */
  readonly onStep?: (change: TrustChange) => void;
  /** Told what is put where, before it is. */
  readonly record?: Pick<InstallationRecord, 'add'>;
};

/**
 * Runs the changes in order. A store whose change fails is left there, and the others go on. Throws at the end:
 * ELEVATION_REFUSED when a user or a policy refused the rights, TRUST_FAILED when a command failed, with what failed in each
 * store as details, and which were changed.
 */
export async function applyPlan(plan: TrustPlan, run: Run, {onStep, record}: ApplyOptions = {}): Promise<void> {
  const failures = new Map<string, Failure>();
  for (const change of plan.changes) {
    if (failures.has(change.store)) continue;
    onStep?.(change);
    if (change.installs) await record?.add(change.installs);
    const failure = await attempt(change, run);
    if (failure) failures.set(change.store, failure);
  }
  if (failures.size === 0) return;
  const stores = new Set(plan.changes.map(({store}) => store));
  throw failed(
    [...failures.values()],
    [...stores].filter(store => !failures.has(store)),
  );
}

type Failure = {readonly detail: string; readonly isRefusal: boolean};

async function attempt(change: TrustChange, run: Run): Promise<Failure | undefined> {
  const {store, description, command, asksUser = false} = change;
  const isAsking = asksUser || command.elevated === true;
  try {
    const {exitCode, stderr, stdout} = await run(command, {timeoutMs: isAsking ? ASKING_TIMEOUT_MS : TIMEOUT_MS});
    if (exitCode === 0) return undefined;
    const reason = stderr.trim() || stdout.trim() || `exit code ${exitCode}`;
    return {detail: `${store}: could not ${description}: ${reason}`, isRefusal: isAsking && REFUSALS.test(reason)};
  } catch (error) {
    if (!(error instanceof TakoError)) throw error;
    const isRefusal = error.code === 'ELEVATION_REFUSED';
    return {detail: `${store}: could not ${description}: ${error.message}`, isRefusal};
  }
}

/** What sudo says of a wrong password or a user without rights, its absence, and macOS and Windows of their own dialogs. */
const REFUSALS = /^sudo\b|sudoers|authorization was (?:cancell?ed|denied)|cancell?ed by the user/im;

function failed(failures: readonly Failure[], done: readonly string[]): TakoError {
  const details = [
    ...failures.map(({detail}) => detail),
    ...(done.length > 0 ? [`done all the same: ${done.join(', ')}`] : []),
  ];
  return failures.some(({isRefusal}) => isRefusal)
    ? new TakoError('ELEVATION_REFUSED', 'administrator rights were refused: not every trust store was changed', {
        hint: 'run the command again from an account that may use sudo',
        details,
      })
    : new TakoError('TRUST_FAILED', 'a trust store could not be changed', {details});
}
