import type {Clock} from '../../system/clock.js';
import type {Deployment} from './deployment.js';

/** After a start that failed; what keeps it from starting may be over soon, as on a machine that boots. */
const FIRST_MS = 5_000;
const FACTOR = 2;
/** An app that does not start costs a start in a minute. */
const LONGEST_MS = 60_000;

type Settling = Pick<Deployment, 'settings' | 'job' | 'settle'>;

export type SettleAgain<T extends Settling> = {
  /** A start of one that is to run has failed: all of it is brought up again, later and later, until it is as it is to be. */
  failed(deployment: T): void;
  close(): void;
};

/** Of several instances one may not have come up: no request asks for that one, as the others answer. */
export function createSettleAgain<T extends Settling>(
  clock: Clock,
  isHere: (deployment: T) => boolean,
): SettleAgain<T> {
  const trying = new Set<T>();
  const closing = new AbortController();

  const isWanted = (deployment: T): boolean =>
    isHere(deployment) && deployment.settings.scale > 0 && !deployment.settings.isStopped;

  async function tryUntilSettled(deployment: T): Promise<void> {
    for (let pause = FIRST_MS; isWanted(deployment); pause = Math.min(pause * FACTOR, LONGEST_MS)) {
      await clock.sleep(pause, closing.signal);
      // A job starts its own, and settles what it leaves.
      if (deployment.job || !isWanted(deployment)) continue;
      const isSettled = await deployment.settle().then(
        () => true,
        () => false,
      );
      if (isSettled) return;
    }
  }

  return {
    failed(deployment) {
      if (trying.has(deployment) || !isWanted(deployment)) return;
      trying.add(deployment);
      // It rejects when closed.
      void tryUntilSettled(deployment)
        .catch(() => undefined)
        .finally(() => trying.delete(deployment));
    },
    close: () => closing.abort(),
  };
}
