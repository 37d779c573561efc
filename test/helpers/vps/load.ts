import assert from 'node:assert/strict';
import {createHash, randomBytes} from 'node:crypto';
import {type Answer, createHttp1Exchange, createHttp2Exchange, type Exchange, messageOf} from './load-exchange.js';
import {holdEventStream, holdWebSocket, pause} from './load-streams.js';
import {createTally, LOAD_KINDS, type LoadKind, type LoadReport, type Tally} from './load-tally.js';

// A steady load of every kind of request, as long as something else goes on, and a strict account of what came of it.
//
// The app under it answers: any GET of `request` with 200; a WebSocket at `webSocket` with what it was sent; `events`
// with an endless stream of them, at least one in `timeoutMs`; a POST to `upload` with the SHA-256 of its body, in hex.

export type LoadOptions = {
  /** Where to connect to. */
  readonly address: string;
  readonly port?: number;
  /** The name in Host, :authority and SNI, for which the certificate has to be good. */
  readonly host: string;
  /** The only root to trust; the system's if not given. */
  readonly ca?: string;
  readonly paths?: Partial<Target['paths']>;
  /** How many clients of each kind; 0 for none. Every second one that uploads does so over HTTP/2. */
  readonly clients?: Partial<Record<LoadKind, number>>;
  /** Between two requests of a client. */
  readonly pauseMs?: number;
  /** So long a whole exchange, an echo or the next event may take: a guard against hanging. */
  readonly timeoutMs?: number;
  /** Looks at a right answer's content: what is wrong with it, if anything. */
  readonly findFault?: (answer: Answer) => string | undefined;
};

export type Target = {
  readonly address: string;
  readonly port: number;
  readonly host: string;
  readonly ca: string | undefined;
  readonly timeoutMs: number;
  readonly paths: {
    readonly request: string;
    readonly webSocket: string;
    readonly events: string;
    readonly upload: string;
  };
};

export type Load = {
  /** Begins. Every client counts from its first request on. */
  start(): void;
  /** What has been counted until now. */
  report(): LoadReport;
  /** Lets what is under way end, and says what came of it all. */
  stop(): Promise<LoadReport>;
};

const DEFAULTS = {
  port: 443,
  paths: {request: '/', webSocket: '/ws', events: '/events', upload: '/upload'},
  clients: {http1: 4, http2: 4, websocket: 2, events: 2, upload: 2},
  pauseMs: 20,
  timeoutMs: 30_000,
} as const;

const UPLOAD_BYTES = 1024 ** 2;
const PIECE_BYTES = 64 * 1024;
/** After a failure: where nothing answers, failures need not be counted by the thousand. */
const FAILURE_PAUSE_MS = 50;

/** Makes a load; nothing is sent before `start`. */
export function createLoad(options: LoadOptions): Load {
  const {address, host, ca, port = DEFAULTS.port, timeoutMs = DEFAULTS.timeoutMs} = options;
  const target: Target = {address, host, ca, port, timeoutMs, paths: {...DEFAULTS.paths, ...options.paths}};
  const pauseMs = options.pauseMs ?? DEFAULTS.pauseMs;
  const clients = {...DEFAULTS.clients, ...options.clients};
  const tally = createTally();
  const stop = new AbortController();
  let running: Promise<void>[] = [];
  const work = {target, pauseMs, tally, findFault: options.findFault ?? (() => undefined)};
  return {
    start() {
      assert.equal(running.length, 0, 'the load runs already');
      running = LOAD_KINDS.flatMap(kind =>
        Array.from({length: clients[kind]}, (_, index) =>
          repeat(kind, createClient(kind, index, work), work, stop.signal),
        ),
      );
    },
    report: () => tally.report(),
    async stop() {
      stop.abort();
      await Promise.all(running);
      return tally.report();
    },
  };
}

type Work = {
  readonly target: Target;
  readonly pauseMs: number;
  readonly tally: Tally;
  readonly findFault: (answer: Answer) => string | undefined;
};

/** One request, or one stream from its opening to its end. */
type Client = {once(stop: AbortSignal): Promise<void>; close(): void};

/** A fault in the content of an answer that came whole. */
class Fault extends Error {
  constructor(
    message: string,
    readonly answer: Answer,
  ) {
    super(message);
  }
}

function createClient(kind: LoadKind, index: number, {target, pauseMs, tally, findFault}: Work): Client {
  const http1 = (): Exchange => createHttp1Exchange(target);
  const http2 = (): Exchange => createHttp2Exchange(target, tally.refused);
  switch (kind) {
    case 'http1':
      return requesting(kind, http1(), target, tally, findFault);
    case 'http2':
      return requesting(kind, http2(), target, tally, findFault);
    case 'upload':
      return uploading(index % 2 === 0 ? http1() : http2(), target, tally);
    case 'websocket':
      return {once: stop => holdWebSocket(target, pauseMs, tally, stop), close() {}};
    case 'events':
      return {once: stop => holdEventStream(target, tally, stop), close() {}};
  }
}

function requesting(
  kind: LoadKind,
  exchange: Exchange,
  {paths}: Target,
  tally: Tally,
  findFault: Work['findFault'],
): Client {
  return {
    async once() {
      const startedAt = performance.now();
      const answer = await exchange.send('GET', paths.request);
      const fault = answer.status === 200 ? findFault(answer) : `status ${answer.status}`;
      if (fault !== undefined) throw new Fault(fault, answer);
      tally.right(kind, performance.now() - startedAt);
    },
    close: exchange.close,
  };
}

function uploading(exchange: Exchange, {paths}: Target, tally: Tally): Client {
  return {
    async once() {
      const startedAt = performance.now();
      const body = randomBytes(UPLOAD_BYTES);
      const answer = await exchange.send('POST', paths.upload, inPieces(body));
      const hash = createHash('sha256').update(body).digest('hex');
      if (answer.status !== 200) throw new Fault(`status ${answer.status}`, answer);
      if (answer.body.trim() !== hash) throw new Fault('broken upload', answer);
      tally.right('upload', performance.now() - startedAt);
    },
    close: exchange.close,
  };
}

const inPieces = (body: Buffer): Buffer[] =>
  Array.from({length: body.length / PIECE_BYTES}, (_, index) =>
    body.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES),
  );

async function repeat(kind: LoadKind, client: Client, {tally, pauseMs}: Work, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    try {
      await client.once(stop);
      await pause(pauseMs, stop);
    } catch (error) {
      tally.wrong(kind, messageOf(error), describe(error));
      await pause(FAILURE_PAUSE_MS, stop);
    }
  }
  client.close();
}

/** Everything there is to know about it. */
function describe(error: unknown): string {
  if (error instanceof Fault) return `${error.message}\n${JSON.stringify(error.answer, null, 2)}`;
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? String(error.stack) : `${error.stack}\ncaused by ${describe(error.cause)}`;
}
