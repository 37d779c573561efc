// What came of a load: counts, and the first failure of each kind in full.

export const LOAD_KINDS = ['http1', 'http2', 'websocket', 'events', 'upload'] as const;
export type LoadKind = (typeof LOAD_KINDS)[number];

export type Failure = {
  readonly kind: LoadKind;
  /** Short, and the same for the same cause. */
  readonly reason: string;
  readonly count: number;
  /** The first of them: when, on what connection, the whole answer or the error with its stack. */
  readonly first: string;
};

/** A WebSocket or event stream that did not end because the load did. */
export type StreamEnd = {
  readonly kind: 'websocket' | 'events';
  /** A WebSocket's close code (1006: cut); an event stream's: 0 for a complete end, 1006 for one cut off. */
  readonly code: number;
  readonly reason: string;
  /** Milliseconds since it was open. */
  readonly ageMs: number;
  /** Milliseconds since the load's start. */
  readonly atMs: number;
  /** Whether a message was on its way whose echo never came. */
  readonly hasUnanswered: boolean;
};

export type LoadReport = {
  /** Requests and echoes that were right. For `events`: events. */
  readonly counts: Readonly<Record<LoadKind, number>>;
  /** All failures together: what has to be 0. */
  readonly failed: number;
  readonly failures: readonly Failure[];
  readonly streamEnds: readonly StreamEnd[];
  /** HTTP/2 streams that the server said it has not looked at (RFC 9113, section 8.7), and that were sent again. */
  readonly refusedStreams: number;
  readonly slowestMs: Readonly<Record<LoadKind, number>>;
  readonly durationMs: number;
};

export type Tally = {
  right(kind: LoadKind, tookMs: number): void;
  wrong(kind: LoadKind, reason: string, details: string): void;
  streamEnded(end: Omit<StreamEnd, 'atMs'>): void;
  refused(): void;
  report(): LoadReport;
};

export function createTally(): Tally {
  const startedAt = performance.now();
  const elapsedMs = (): number => Math.round(performance.now() - startedAt);
  const counts = zeros();
  const slowestMs = zeros();
  const failures = new Map<string, Failure>();
  const streamEnds: StreamEnd[] = [];
  let refusedStreams = 0;
  return {
    right(kind, tookMs) {
      counts[kind]++;
      slowestMs[kind] = Math.max(slowestMs[kind], Math.round(tookMs));
    },
    wrong(kind, reason, details) {
      const known = failures.get(`${kind}: ${reason}`);
      const first = known?.first ?? `after ${elapsedMs()} ms: ${details}`;
      failures.set(`${kind}: ${reason}`, {kind, reason, count: (known?.count ?? 0) + 1, first});
    },
    streamEnded: end => void streamEnds.push({...end, atMs: elapsedMs()}),
    refused: () => void refusedStreams++,
    report: () => ({
      counts: {...counts},
      failed: [...failures.values()].reduce((sum, {count}) => sum + count, 0),
      failures: [...failures.values()],
      streamEnds: [...streamEnds],
      refusedStreams,
      slowestMs: {...slowestMs},
      durationMs: elapsedMs(),
    }),
  };
}

const zeros = (): Record<LoadKind, number> => ({http1: 0, http2: 0, websocket: 0, events: 0, upload: 0});
