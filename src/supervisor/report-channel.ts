// What the preloads inside an app's processes tell of its listeners: one line each on a
// FIFO that the environment names, so that it passes through every runner and watcher.
//
//   open <id> <http|https> <host> <port>
//   close <id>
//
// Anyone who runs as the app can write there, so a line that is not one of these is
// dropped, and what is kept of the others is bounded.

import type {Readable} from 'node:stream';
import {type Listener, parsePort} from './endpoint.js';
import {type Remainder, takeLines} from './output.js';

/** Names the FIFO in an app's environment. */
export const REPORT_FILE = 'TAKO_REPORT';

export type Report =
  | {readonly event: 'opened'; readonly listener: Listener}
  | {readonly event: 'closed'; readonly id: string};

/** The app's HTTP listeners, as far as anyone told. */
export type ListenerReports = {
  /** Those that are open, the oldest first. One whose process was killed stays: only a connection tells. */
  listeners(): readonly Listener[];
  /** Grows with each change. */
  version(): number;
  /** Resolves when the version is another; rejects when the signal aborts. */
  changedSince(version: number, signal: AbortSignal): Promise<void>;
};

/** More than any app has at a time; a watcher that has left behind as many has moved on from the oldest. */
export const MAX_LISTENERS = 64;

const OPEN = /^open ([\w.-]{1,64}) (https?) ([\w.:%-]{1,64}) ([1-9]\d{0,4})$/;
const CLOSE = /^close ([\w.-]{1,64})$/;

/** Undefined for what is not a report. */
export function parseReport(line: string): Report | undefined {
  const closed = CLOSE.exec(line)?.[1];
  if (closed !== undefined) return {event: 'closed', id: closed};
  const [, id = '', scheme, host = '', digits = ''] = OPEN.exec(line) ?? [];
  const port = parsePort(digits);
  return port === undefined ? undefined : {event: 'opened', listener: {id, host, port, isTls: scheme === 'https'}};
}

/** Nobody tells anything: the reports of an app that speaks the contract. */
export const NO_REPORTS: ListenerReports = {
  listeners: () => [],
  version: () => 0,
  changedSince: (_, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), {once: true});
    }),
};

/** What another reader of the same channel needs to go on. */
export type ReportState = {readonly open: readonly Listener[]; readonly rest: Remainder};

export type ReportIntake = {
  readonly reports: ListenerReports;
  /** Reads no further from this moment on. */
  suspend(): ReportState;
  resume(): void;
};

/** Reads reports until the stream ends or is destroyed. */
export function readReports(stream: Readable, before?: ReportState): ReportIntake {
  const reports = createListenerList(before?.open);
  const onLine = (line: string): void => {
    const report = parseReport(line);
    if (report) reports.set(applyReport(reports.listeners(), report));
  };
  const {suspend, resume} = takeLines(stream, onLine, before ? {before: before.rest} : {});
  return {reports, resume, suspend: () => ({open: reports.listeners(), rest: suspend()})};
}

export type ListenerList = ListenerReports & {
  /** Those that are open now. */
  set(listeners: readonly Listener[]): void;
};

export function createListenerList(before: readonly Listener[] = []): ListenerList {
  let open = before;
  let version = 0;
  const watchers = new Set<() => void>();

  const changedSince = (known: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      if (version !== known) return resolve();
      const leave = (): void => {
        watchers.delete(notify);
        signal.removeEventListener('abort', abort);
      };
      const notify = (): void => {
        leave();
        resolve();
      };
      const abort = (): void => {
        leave();
        reject(signal.reason);
      };
      watchers.add(notify);
      signal.addEventListener('abort', abort);
    });
  return {
    listeners: () => open,
    version: () => version,
    changedSince,
    set: listeners => {
      open = listeners;
      version++;
      for (const notify of watchers) notify();
    },
  };
}

/** The newest on an address has replaced the one before, whose process may not have come to say that it closed. */
export function applyReport(open: readonly Listener[], report: Report): readonly Listener[] {
  if (report.event === 'closed') return open.filter(({id}) => id !== report.id);
  const {listener} = report;
  const others = open.filter(
    ({id, host, port}) => id !== listener.id && (host !== listener.host || port !== listener.port),
  );
  return [...others, listener].slice(-MAX_LISTENERS);
}
