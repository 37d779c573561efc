// Every limit and timeout of the data path, in one place. `createProxy` takes a part of either to change it.

/** How much one message or connection may ask for. */
export type Limits = {
  /** A request line and its fields; more is answered with 431. Browsers stop well below. */
  readonly headBytes: number;
  /** Fields of a request; more are answered with 431. */
  readonly requestFields: number;
  /** Fields of a response: an app may set a hundred cookies. More is a 502. */
  readonly responseFields: number;
  /** A request target; longer is answered with 414. RFC 9110, section 4.1 asks for 8,000 at least. */
  readonly targetBytes: number;
  /** Requests on one HTTP/1.1 connection before it is closed, so that no client holds one for ever. */
  readonly requestsPerConnection: number;
  /** What is read and dropped of a body nobody wanted, to keep its connection; of a longer one the connection is closed. */
  readonly unwantedBodyBytes: number;
  /** Idle connections kept to one upstream. */
  readonly idleUpstreamConnections: number;
  /** Interim (1xx) answers before the final one. */
  readonly interimResponses: number;
  /** Streams a client may have open on an HTTP/2 connection (RFC 9113, section 6.5.2 recommends 100 or more). */
  readonly concurrentStreams: number;
  /** Resets of streams in one burst before an HTTP/2 connection is closed; hot reload cancels requests in bursts. */
  readonly streamResetBurst: number;
  /** Resets per second that are forgiven after a burst. */
  readonly streamResetsPerSecond: number;
};

export const DEFAULT_LIMITS: Limits = {
  headBytes: 64 * 1024,
  requestFields: 100,
  responseFields: 500,
  targetBytes: 16 * 1024,
  requestsPerConnection: 10_000,
  unwantedBodyBytes: 256 * 1024,
  idleUpstreamConnections: 256,
  interimResponses: 100,
  concurrentStreams: 128,
  streamResetBurst: 10_000,
  streamResetsPerSecond: 100,
};

/** How long the proxy waits, in milliseconds. Checked about once a second: none is exact to less. */
export type Timeouts = {
  /** From a connection's first byte of a request to the end of its head: 408. */
  readonly headMs: number;
  /** Without a request; longer than browsers keep a connection, so that they let go first. */
  readonly idleMs: number;
  /** A client must send `minimumBodyRate` over each such span while its body is awaited: 408. */
  readonly bodyRateWindowMs: number;
  /** Bytes per second. Kestrel's minimum for request bodies. */
  readonly minimumBodyRate: number;
  /** Without the client taking a byte of what waits for it. nginx's send_timeout. */
  readonly sendMs: number;
  /** For a client that ended its side of a plain connection: so long it may wait for its answer without any byte of it. */
  readonly halfClosedMs: number;
  /** Until an upstream takes the connection: 504. */
  readonly connectMs: number;
  /** From a request that is sent to the first byte of its answer: 504. Long polls and slow pages end well before. */
  readonly firstByteMs: number;
  /** Between two reads of an answer. An event stream may be silent for long. */
  readonly upstreamIdleReadMs: number;
  /** How long an idle upstream connection is kept: less than the 5 s after which a Node server closes it. */
  readonly upstreamIdleMs: number;
};

export const DEFAULT_TIMEOUTS: Timeouts = {
  headMs: 10_000,
  idleMs: 75_000,
  bodyRateWindowMs: 10_000,
  minimumBodyRate: 240,
  sendMs: 60_000,
  halfClosedMs: 5_000,
  connectMs: 5_000,
  firstByteMs: 10 * 60_000,
  upstreamIdleReadMs: 15 * 60_000,
  upstreamIdleMs: 4_000,
};
