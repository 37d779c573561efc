// What requests tell about a backend, from workers to their owner, which alone decides about ejections.

import type {Outcome} from '../load-balancing/ejection.js';

/** What a worker saw of one backend since its last report, in this order. */
export type BackendReport = {
  readonly address: string;
  /** A request succeeded after those that failed before. */
  readonly hasRecovered: boolean;
  /** Requests that failed in a row after that. */
  readonly failures: number;
};

/** Failures come by the thousand when a backend is down; one message says them all. */
const REPORT_MS = 20;

/**
 * Gathers outcomes and sends a report where there is something to say: of a backend that always succeeds, nothing.
 */
export function createBackendReports(
  send: (report: BackendReport) => void,
): (address: string, outcome: Outcome) => void {
  const failing = new Set<string>();
  const pending = new Map<string, {hasRecovered: boolean; failures: number}>();

  function pendingFor(address: string): {hasRecovered: boolean; failures: number} {
    const report = pending.get(address) ?? {hasRecovered: false, failures: 0};
    if (pending.size === 0) setTimeout(flush, REPORT_MS).unref();
    pending.set(address, report);
    return report;
  }

  function flush(): void {
    for (const [address, report] of pending) send({address, ...report});
    pending.clear();
  }

  return (address, outcome) => {
    if (outcome === 'failure') {
      failing.add(address);
      pendingFor(address).failures += 1;
    } else if (failing.size > 0 && failing.delete(address)) {
      Object.assign(pendingFor(address), {hasRecovered: true, failures: 0});
    }
  };
}
