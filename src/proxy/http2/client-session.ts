// One client's HTTP/2 connection: its streams, and the guards around them.
//
// nghttp2 and Node refuse floods of resets, of CONTINUATION frames and of frames that make no sense, and heads that are
// too large (session-options.ts). What they let pass is counted here: PING and SETTINGS that are answered as fast as they
// come, a connection that never gets to a request, and clients that do not take what they asked for.

import {constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream} from 'node:http2';
import type {Socket} from 'node:net';
import type {ClientConnection, StartExchange} from '../client-side.js';
import {describeClient} from '../describe-client.js';
import {type Refusal, renderProblem, SERVED_METHODS} from '../http1/refusal.js';
import {isRefusal} from '../http1/request-checks.js';
import type {Limits, Timeouts} from '../limits.js';
import type {Sweep, Swept} from '../sweep.js';
import {ClientStream, type StreamHost} from './client-stream.js';
import {readRequest} from './request-head.js';
import {CONNECTION_WINDOW_BYTES, type serverOptions} from './session-options.js';

/** What the sessions of one proxy share. */
export type SessionHost = {
  readonly start: StartExchange;
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly sweep: Sweep;
  readonly options: ReturnType<typeof serverOptions>;
  /** Told of a request that was refused before it was one. */
  onRefused(refused: Refusal, client: ClientConnection): void;
  onClose(session: ClientSession): void;
};

const {NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_NO_ERROR} = constants;

/** PING and SETTINGS between two sweeps, a second apart. gRPC measures its bandwidth with a few PINGs a second. */
const CONTROL_FRAMES = 500;
/** A promise to look at every stream still: RFC 9113, section 6.8, announces the end of a connection before it comes. */
const ANY_STREAM = 2 ** 31 - 1;
/** How long a client may take to see that we ended the connection: RFC 9112, section 9.6. */
const LINGER_MS = 2_000;

const TOO_MANY_FRAMES = new Error('the client sent too many PING or SETTINGS frames');

const OWNER = Symbol('ClientSession');
type OwnedSession = ServerHttp2Session & {[OWNER]: ClientSession};

export class ClientSession implements Swept, StreamHost {
  readonly timeouts: Timeouts;
  readonly time: Sweep;
  readonly #host: SessionHost;
  readonly #socket: Socket;
  readonly #session: ServerHttp2Session;
  readonly #client: ClientConnection;
  readonly #streams = new Set<ClientStream>();
  #controlFrames = 0;
  #isGreeted = false;
  #isDraining = false;
  /** When the last stream ended, in milliseconds. */
  #idleSince: number;

  /** Throws when the socket is gone already. */
  constructor(socket: Socket, host: SessionHost) {
    this.#host = host;
    this.#socket = socket;
    this.#client = describeClient(socket, '2');
    this.timeouts = host.timeouts;
    this.time = host.sweep;
    this.#idleSince = host.sweep.now;
    this.#session = performServerHandshake(socket, host.options);
    this.#listen();
    this.#session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    host.sweep.add(this);
  }

  #listen(): void {
    const session = this.#session;
    (session as OwnedSession)[OWNER] = this;
    session.on('stream', onStream);
    session.on('ping', onPing);
    session.on('remoteSettings', onSettings);
    session.on('error', ignore);
    session.on('close', onClose);
  }

  /** No stream is taken any more; those that are open finish. */
  drain(): void {
    if (this.#isDraining || this.#session.closed || this.#session.destroyed) return;
    this.#isDraining = true;
    if (this.#streams.size === 0) this.#end();
    // Requests that are on their way still get here; the sweep ends it.
    else this.#session.goaway(NGHTTP2_NO_ERROR, ANY_STREAM);
  }

  /** Without a word: `session.destroy` would end, as if they were complete, the answers it cuts off. */
  destroy(): void {
    this.#socket.destroy();
  }

  sweep(now: number): void {
    this.#controlFrames = 0;
    for (const stream of this.#streams) stream.checkPace(now);
    if (this.#isDraining) this.#session.close();
    if (this.#streams.size > 0) return;
    const idleMs = now - this.#idleSince;
    if (this.#session.closed || this.#session.destroyed) {
      if (idleMs >= LINGER_MS) this.#socket.destroy();
    } else if (idleMs >= (this.#isGreeted ? this.timeouts.idleMs : this.timeouts.headMs)) {
      this.#end();
    }
  }

  // What comes from the session.

  openStream(stream: ServerHttp2Stream, list: readonly string[]): void {
    stream.on('error', ignore);
    if (stream.destroyed) return;
    const hasBody = !stream.endAfterHeaders;
    const request = readRequest(list, hasBody, this.#host.limits);
    if (isRefusal(request)) {
      this.#refuse(stream, request);
      return;
    }
    const side = new ClientStream(stream, request, this.#client, hasBody, this);
    this.#streams.add(side);
    this.#host.start(side);
  }

  onStreamClose(stream: ClientStream): void {
    this.#streams.delete(stream);
    if (this.#streams.size === 0) this.#idleSince = this.time.now;
  }

  receiveControl(): void {
    this.#controlFrames += 1;
    if (this.#controlFrames > CONTROL_FRAMES) this.#punish();
  }

  receiveSettings(): void {
    this.#isGreeted = true;
    this.receiveControl();
  }

  receiveClose(): void {
    this.#host.sweep.delete(this);
    this.#host.onClose(this);
  }

  #end(): void {
    this.#idleSince = this.time.now;
    this.#session.close();
  }

  #punish(): void {
    for (const stream of this.#streams) stream.abort();
    process.nextTick(() => this.#session.destroy(TOO_MANY_FRAMES, NGHTTP2_ENHANCE_YOUR_CALM));
  }

  #refuse(stream: ServerHttp2Stream, refused: Refusal): void {
    this.#host.onRefused(refused, this.#client);
    const body = Buffer.from(renderProblem(refused));
    const head = [':status', String(refused.status), ...REFUSAL_FIELDS, 'content-length', String(body.length)];
    if (refused.status === METHOD_NOT_ALLOWED) head.push('allow', SERVED_METHODS);
    // Node has ended the answer to a HEAD request by now.
    const isHead = stream.writableEnded;
    stream.respond(head, {endStream: isHead});
    if (!isHead) stream.end(body);
  }
}

const METHOD_NOT_ALLOWED = 405;
const REFUSAL_FIELDS = ['content-type', 'text/plain; charset=utf-8', 'cache-control', 'no-store'] as const;

// Shared by all sessions.

const ownerOf = (session: ServerHttp2Session): ClientSession => (session as OwnedSession)[OWNER];
const ignore = (): void => undefined;

function onStream(
  this: ServerHttp2Session,
  stream: ServerHttp2Stream,
  _headers: object,
  _flags: number,
  list: string[],
): void {
  ownerOf(this).openStream(stream, list);
}

function onPing(this: ServerHttp2Session): void {
  ownerOf(this).receiveControl();
}

function onSettings(this: ServerHttp2Session): void {
  ownerOf(this).receiveSettings();
}

function onClose(this: ServerHttp2Session): void {
  ownerOf(this).receiveClose();
}
