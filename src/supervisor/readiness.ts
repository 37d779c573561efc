import type {Readable} from 'node:stream';
import type {Clock} from '../system/clock.js';
import {
  type Endpoint,
  type Listener,
  LOOPBACK_ADDRESSES,
  likelyEndpoints,
  loopbackAddressesOf,
  parsePort,
} from './endpoint.js';
import type {Exit} from './instance.js';
import {findAccepting, locateFirst} from './probe.js';
import {aborted} from './race.js';
import type {ReadinessSigns} from './readiness-signs.js';
import {followRebinds, GRACE_MS} from './rebind.js';
import type {PortTaken} from './reserved-port.js';

/** How waiting for a new process to become ready ended. */
export type Readiness =
  | {readonly outcome: 'ready'; readonly endpoint: Endpoint}
  | {readonly outcome: 'line-invalid'; readonly line: string}
  | {readonly outcome: 'exited'; readonly exit: Exit}
  | {
      readonly outcome: 'timed-out';
      /** The app closed file descriptor 4 without a line. */
      readonly isPipeClosed: boolean;
      /** What else it opened meanwhile. */
      readonly listeners: readonly Endpoint[];
    }
  /** The app's pinned port belonged to another program, so that no process was started. */
  | PortTaken
  | {readonly outcome: 'cancelled'};

export type ReadinessOptions = {
  readonly signs: ReadinessSigns;
  readonly exited: Promise<Exit>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

/** A port and its newline fit in 6. More than this without a newline is something else. */
export const MAX_READY_LINE_BYTES = 64;

/**
 * How often a port is asked for when nobody reports. Measured: two refused connections cost 0.4 ms of processor time, so
 * this is less than 2 % of a core, for as long as the start takes.
 */
const POLL_MS = 25;

/**
 * What accepts connections is believed when it still does so after this long: a probe for a free port has closed again,
 * and a preload, which knows whether it is TLS, has told of it.
 */
const SETTLE_MS = 20;

/**
 * Waits until the process shows that it listens, or cannot any more; the first cause wins. An end of file without a line
 * decides nothing, as only the process's end or the deadline show that no port will come, but the deadline tells of it.
 * When it is ready, later places where it listens are told to those who asked `signs.onRebind`.
 */
export async function awaitReadiness(options: ReadinessOptions, clock: Clock): Promise<Readiness> {
  const {signs, exited, timeoutMs, signal} = options;
  const settled = new AbortController();
  const line = readFirstLine(signs.pipe);
  try {
    const readiness = await Promise.race([
      line.text.then(text => judgeLine(text, signs)),
      exited.then(afterWhatCameBefore).then((exit): Readiness => ({outcome: 'exited', exit})),
      clock.sleep(timeoutMs, settled.signal).then(() => timedOut(signs)),
      aborted(signal, settled.signal).then((): Readiness => ({outcome: 'cancelled'})),
      ...untilListening(signs, clock, settled.signal).map(async found => ready(await found)),
    ]);
    if (readiness.outcome === 'ready') followFrom(readiness.endpoint, signs, clock);
    return readiness;
  } finally {
    settled.abort();
    line.stop();
  }
}

/** A line and the end of whoever wrote it can come in one turn, in either order. */
const afterWhatCameBefore = (exit: Exit): Promise<Exit> => new Promise(resolve => setImmediate(resolve, exit));

const ready = (endpoint: Endpoint): Readiness => ({outcome: 'ready', endpoint});

const timedOut = ({pipe, reports}: ReadinessSigns): Readiness => ({
  outcome: 'timed-out',
  isPipeClosed: pipe.readableEnded,
  listeners: likelyEndpoints(reports.listeners()),
});

/** Has what is ready there already tell of later places. An app of the contract has one for all its life. */
export function followFrom(endpoint: Endpoint, signs: ReadinessSigns, clock: Clock): void {
  if (signs.port === undefined) return;
  followRebinds(endpoint, signs, clock).catch(error => {
    if (!signs.over.aborted) throw error;
  });
}

/** Accepts one decimal number from 1 to 65535, spaces around it aside. */
export function parseReadyLine(line: string): Readiness & {outcome: 'ready' | 'line-invalid'} {
  const port = parsePort(line.trim());
  return port === undefined
    ? {outcome: 'line-invalid', line}
    : {outcome: 'ready', endpoint: {host: '127.0.0.1', port, isTls: false}};
}

/** An app that never heard of the contract may use the descriptor for something else, which decides nothing. */
function judgeLine(line: string, {port, isPinned}: ReadinessSigns): Readiness | Promise<never> {
  const readiness = parseReadyLine(line);
  if (port === undefined) return readiness;
  const isTheApp = readiness.outcome === 'ready' && (!isPinned || readiness.endpoint.port === port);
  return isTheApp ? readiness : new Promise(() => {});
}

/** `text` never settles if the pipe ends without a line, or `stop` is called before one. */
function readFirstLine(pipe: Readable): {readonly text: Promise<string>; stop(): void} {
  let received = '';
  let stop = (): void => {};
  const text = new Promise<string>(resolve => {
    const onData = (chunk: Buffer): void => {
      received = (received + chunk.toString('latin1')).slice(0, MAX_READY_LINE_BYTES + 1);
      if (received.includes('\n')) resolve(received.slice(0, received.indexOf('\n')));
      else if (received.length > MAX_READY_LINE_BYTES) resolve(received);
    };
    const onEnd = (): void => {
      if (received !== '') resolve(received);
    };
    pipe.on('data', onData).once('end', onEnd);
    stop = () => pipe.off('data', onData).off('end', onEnd).resume();
  });
  return {text, stop};
}

/** All the ways to see an app listen that does not say so itself. They reject when the signal aborts. */
function untilListening(signs: ReadinessSigns, clock: Clock, signal: AbortSignal): readonly Promise<Endpoint>[] {
  const {port, isPinned} = signs;
  if (port === undefined) return [];
  const onPort = untilReported(signs, listener => listener.port === port, signal);
  const polled = untilAccepted(port, clock, signal);
  return isPinned ? [onPort, polled] : [onPort, polled, untilAnyReported(signs, clock, signal)];
}

async function untilReported(
  {reports}: ReadinessSigns,
  isCandidate: (listener: Listener) => boolean,
  signal: AbortSignal,
): Promise<Endpoint> {
  for (;;) {
    const version = reports.version();
    const candidates = reports.listeners().filter(isCandidate);
    const endpoint = onlyPlaceOf(candidates) ?? (await locateFirst(candidates));
    if (endpoint) return endpoint;
    await reports.changedSince(version, signal);
  }
}

/**
 * Where the first of them listens, when there is no choice: it has just said so itself. Asking would cost the app a
 * connection before its first request, 2 to 4 ms of a start (bench/cold-start.mjs).
 */
function onlyPlaceOf([first]: readonly Listener[]): Endpoint | undefined {
  const [host, ...others] = first ? loopbackAddressesOf(first.host) : [];
  return first && host && others.length === 0 ? {host, port: first.port, isTls: first.isTls} : undefined;
}

/** The first HTTP listener, if none opens on PORT shortly after it. */
async function untilAnyReported(signs: ReadinessSigns, clock: Clock, signal: AbortSignal): Promise<Endpoint> {
  await untilReported(signs, () => true, signal);
  await clock.sleep(GRACE_MS, signal);
  return untilReported(signs, () => true, signal);
}

/** Asks, for programs in which no preload runs. Whether they speak TLS cannot be seen from a connection. */
async function untilAccepted(port: number, clock: Clock, signal: AbortSignal): Promise<Endpoint> {
  for (; ; await clock.sleep(POLL_MS, signal)) {
    if (!(await findAccepting(LOOPBACK_ADDRESSES, port))) continue;
    await clock.sleep(SETTLE_MS, signal);
    const host = await findAccepting(LOOPBACK_ADDRESSES, port);
    if (host) return {host, port, isTls: false};
  }
}
