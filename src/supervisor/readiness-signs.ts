import type {Readable} from 'node:stream';
import type {Endpoint} from './endpoint.js';
import type {ListenerReports} from './report-channel.js';

/** All by which a process shows where it listens. */
export type ReadinessSigns = {
  /** Our end of the app's file descriptor 4. It is read on after the answer, so that a second line does not fail. */
  readonly pipe: Readable;
  /** The PORT the app was told. Undefined: it speaks the contract, and only file descriptor 4 counts. */
  readonly port: number | undefined;
  /** Whether only a listener on `port` is the app. */
  readonly isPinned: boolean;
  readonly reports: ListenerReports;
  /** Aborts when nobody wants to know any more. */
  readonly over: AbortSignal;
  /** A process that is ready has come to listen elsewhere. */
  moved(endpoint: Endpoint): void;
  /**
   * Calls the listener each time a process that is ready has come to listen elsewhere, as after the restart of a watcher
   * that it runs under. Told at once if it has done so already.
   */
  onRebind(listener: (endpoint: Endpoint) => void): void;
};

export function createSigns(signs: Omit<ReadinessSigns, 'moved' | 'onRebind'>): ReadinessSigns {
  const listeners: ((endpoint: Endpoint) => void)[] = [];
  let latest: Endpoint | undefined;
  return {
    ...signs,
    moved: endpoint => {
      latest = endpoint;
      for (const listener of listeners) listener(endpoint);
    },
    onRebind: listener => {
      listeners.push(listener);
      if (latest) listener(latest);
    },
  };
}
