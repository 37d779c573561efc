// Keeps the certificates of a server's names: orders what is missing, renews in time, and tries again what failed, later and
// later. What it knows is on disk, so that a restart neither orders twice nor forgets to wait.

import type {Certificate} from '../../proxy/certificate-source.js';
import {type CertificateEntry, type CertificateState, type EntryOptions, openEntry} from './certificate-entry.js';

export type CertificateKeeper = {
  /** From now on these names are to have certificates, and no others. Those of others stay on disk, and are used again. */
  keep(names: ReadonlySet<string>): void;
  /** The certificate of a name that is kept, where there is one. One that has ended is better than none. */
  certificateFor(name: string): Certificate | undefined;
  list(): readonly CertificateState[];
  /** Resolves when the name has a certificate. Rejects with why the next try failed, or with the signal's reason. */
  wait(name: string, signal: AbortSignal): Promise<void>;
  /** Orders one at once, whatever was to be waited for. Rejects with why it failed. */
  renew(name: string): Promise<void>;
  /** Gives up what is under way. */
  close(): Promise<void>;
};

/** A CA allows some hundred orders at once for an account; more than a few only wait for each other here. */
const ORDERS_AT_ONCE = 4;
/** The clock of a machine may be set meanwhile: what is due is looked at anew so often. */
const LONGEST_SLEEP_MS = 60 * 60_000;

export function createCertificateKeeper(options: EntryOptions): CertificateKeeper {
  const {clock, say} = options;
  const entries = new Map<string, CertificateEntry>();
  const closing = new AbortController();
  let wake = new AbortController();
  let ordering = 0;

  function wakeUp(): void {
    wake.abort();
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      wake = new AbortController();
      startWhatIsDue();
      await clock.sleep(pauseMs(), AbortSignal.any([wake.signal, closing.signal])).catch(() => undefined);
    }
  }

  /** What is due while as many are being ordered as may be waits for the end of one, which wakes us. */
  function pauseMs(): number {
    if (ordering >= ORDERS_AT_ONCE) return LONGEST_SLEEP_MS;
    const next = Math.min(...[...entries.values()].map(entry => entry.nextLook()));
    return Math.min(Math.max(next - clock.now(), 0), LONGEST_SLEEP_MS);
  }

  function startWhatIsDue(): void {
    for (const entry of entries.values()) {
      if (ordering >= ORDERS_AT_ONCE) return;
      if (entry.nextLook() > clock.now()) continue;
      ordering += 1;
      const over = entry.isDue() ? entry.order(closing.signal) : entry.askForRenewal();
      void over
        .catch(() => undefined)
        .finally(() => {
          ordering -= 1;
          wakeUp();
        });
    }
  }

  const running = run();

  function entryOf(name: string): CertificateEntry {
    const entry = entries.get(name);
    if (!entry) throw new TypeError(`${name} has no certificate here`);
    return entry;
  }

  return {
    keep(names) {
      for (const name of entries.keys()) if (!names.has(name)) entries.delete(name);
      for (const name of names) {
        if (entries.has(name)) continue;
        const entry = openEntry(name, options);
        entries.set(name, entry);
        void entry.loaded
          .catch(error => say(`the certificate of ${name} cannot be read, and none is ordered: ${error}`))
          .finally(wakeUp);
      }
      wakeUp();
    },
    certificateFor: name => entries.get(name)?.certificate(),
    list: () => [...entries.values()].map(entry => entry.state()),
    wait: (name, signal) => entryOf(name).wait(signal),
    renew: name => entryOf(name).order(closing.signal),
    async close() {
      closing.abort();
      await running;
      await Promise.allSettled([...entries.values()].map(entry => entry.idle()));
    },
  };
}
