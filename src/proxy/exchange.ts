// One request, from its head to its log line: the state machine that runs the phases and moves the bytes.
//
// It is called from both sides, by the client's and by the upstream's, and never waits where nothing has to be waited
// for: a phase that gives its value at once is followed by the next in the same turn, and a phase that is not there is
// one comparison.

import {STATUS_CODES} from 'node:http';
import {TakoError} from '../system/error.js';
import {type AnswerWriter, WrittenAnswer} from './answer-writer.js';
import {collectBody} from './body-collector.js';
import {type BodyFlow, createBodyFlow} from './body-flow.js';
import type {ClientGone, ClientReceiver, ClientSide, ResponseHead} from './client-side.js';
import {HeaderFields} from './header-fields.js';
import {type Refusal, renderProblem} from './http1/refusal.js';
import {isIdempotent, mayHaveBody} from './methods.js';
import {decideRetry, type Phases, type Retry} from './phases.js';
import {type Outcome, Session, toFields} from './session.js';
import {keepable} from './shared-buffer.js';
import type {Tunnel, Tunnels} from './tunnel.js';
import {
  type Upstream,
  UpstreamError,
  type UpstreamPool,
  type UpstreamReceiver,
  type UpstreamStream,
  type UpstreamTunnel,
  type WantedConnection,
} from './upstream.js';
import type {UpstreamRequest} from './upstream-request.js';

/** What all exchanges of a proxy share. */
export type ExchangeHost<Context> = {
  readonly phases: Phases<Context>;
  readonly pool: UpstreamPool;
  readonly tunnels: Tunnels;
  /** The request to send, without what ends at us and with what we add. */
  toUpstream(session: Session<Context>): UpstreamRequest;
  onStart(exchange: Exchange<Context>): void;
  onFinish(exchange: Exchange<Context>): void;
  /** Told of what a phase threw that is no failure of the upstream. */
  onBug(error: unknown): void;
};

export class Exchange<Context> extends Session<Context> implements ClientReceiver, UpstreamReceiver {
  readonly #host: ExchangeHost<Context>;
  readonly #side: ClientSide;
  #stream: UpstreamStream | undefined;
  #stopWaiting: (() => void) | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #tunnel: Tunnel | undefined;
  /** The head of the answer is out, or about to be: no other try, no other answer. */
  #isHeadSent = false;
  #isBodyRead = false;
  #isRequestSent = false;
  /** Bodies take the long way round only where a filter wants to see them, or while one is waited for. */
  #requestFlow: BodyFlow | undefined;
  #responseFlow: BodyFlow | undefined;
  /** Tells who reads the body here that no more will come. */
  #giveUpBody: (() => void) | undefined;

  constructor(host: ExchangeHost<Context>, side: ClientSide) {
    super(side);
    this.#host = host;
    this.#side = side;
  }

  start(): void {
    const {requestFilter} = this.#host.phases;
    try {
      this.#begin();
      if (requestFilter === undefined) this.#choose();
      else this.#then(requestFilter(this), this.#afterRequestFilter);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Answers without a phase having seen the request. */
  refuse(refused: Refusal): void {
    this.#guard(() => {
      this.#begin();
      this.#host.phases.refused?.(this);
      this.respond(refused.status, PLAIN_TEXT, renderProblem(refused));
    });
  }

  get isAnswered(): boolean {
    return this.#isHeadSent;
  }

  get isOver(): boolean {
    return this.outcome !== undefined;
  }

  respond(
    status: number,
    fields: HeaderFields | Readonly<Record<string, string>> = {},
    body: string | Buffer = '',
  ): void {
    if (this.#isHeadSent) throw new Error('this request is answered already');
    if (this.isOver) return;
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    assertSendable({status, reason: ''});
    this.response = {status, reason: STATUS_CODES[status] ?? '', fields: toFields(fields)};
    this.#isHeadSent = true;
    this.observer?.onHead();
    this.#dropUpstream();
    this.#side.sendHead(this.response, bytes.length);
    this.#sendDown(bytes);
    this.#finish('answered');
    this.#side.sendEnd(undefined);
  }

  startAnswer(status: number, fields: HeaderFields | Readonly<Record<string, string>> = {}): AnswerWriter {
    if (this.#isHeadSent) throw new Error('this request is answered already');
    const answer = new WrittenAnswer(this);
    assertSendable({status, reason: ''});
    this.#dropUpstream();
    if (this.isOver) {
      answer.abort();
      return answer;
    }
    this.response = {status, reason: STATUS_CODES[status] ?? '', fields: toFields(fields)};
    this.#isHeadSent = true;
    this.#stream = answer;
    this.#side.sendHead(this.response, -1);
    this.#side.flush();
    return answer;
  }

  readBody(maxBytes: number): Promise<Buffer | undefined> {
    if (this.#isBodyRead) throw new Error('the body of this request is read already');
    if (!this.hasBody) return Promise.resolve(Buffer.alloc(0));
    this.#isBodyRead = true;
    const {flow, body, giveUp} = collectBody(maxBytes);
    this.#requestFlow = flow;
    this.#giveUpBody = giveUp;
    if (this.#side.expectsContinue) this.#side.sendInterim(CONTINUE);
    this.#side.readBody();
    return body;
  }

  cut(): void {
    if (this.isOver) return;
    if (this.#tunnel !== undefined) {
      this.#tunnel.end();
      return;
    }
    this.#dropUpstream();
    this.#cutOff();
  }

  /** The answer broke off: its client must not take it for complete. */
  #cutOff(): void {
    this.#finish('cut-off');
    this.#side.abort();
  }

  // What happens in turn.

  #begin(): void {
    this.#side.attach(this);
    this.#host.onStart(this);
    const {createContext} = this.#host.phases;
    if (createContext !== undefined) this.context = createContext(this as unknown as Session);
  }

  #afterRequestFilter(isAnswered: boolean): void {
    if (!isAnswered && !this.#isHeadSent) this.#choose();
  }

  #choose(): void {
    this.attempts += 1;
    this.#then(this.#host.phases.upstreamPeer(this), this.#connect);
  }

  #connect(upstream: Upstream | undefined): void {
    if (this.#isHeadSent) return;
    if (upstream === undefined)
      throw new UpstreamError('unreachable', 'there is no upstream for this request', 'unsent');
    this.upstream = upstream;
    const stop = this.#host.pool.connect(upstream, this, this.#wantedConnection());
    if (this.#stream === undefined) this.#stopWaiting = stop;
  }

  /** Kept connections often end together: after one that did, another try goes over a new one. */
  #wantedConnection(): WantedConnection {
    return this.upgrade !== undefined || this.attempts > 1 ? 'fresh' : 'any';
  }

  onConnected(stream: UpstreamStream): void {
    this.#stopWaiting = undefined;
    this.#stream = stream;
    try {
      const request = this.#host.toUpstream(this);
      const {upstreamRequestFilter} = this.#host.phases;
      if (upstreamRequestFilter === undefined) this.#send(request);
      else this.#then(upstreamRequestFilter(request, this), () => this.#send(request));
    } catch (error) {
      this.#fail(error);
    }
  }

  #send(request: UpstreamRequest): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    this.observer?.onSent();
    if (!this.hasBody) {
      this.#isRequestSent = true;
      stream.sendHead(request, 0);
      stream.sendEnd(undefined);
      return;
    }
    stream.sendHead(request, this.#lengthUpstream(request));
    this.#isBodyRead = true;
    if (this.#host.phases.requestBodyFilter !== undefined) this.#filterRequestBody();
    this.#side.readBody();
    stream.flush();
  }

  /** A filter changes the length of a body by deleting its Content-Length. */
  #lengthUpstream(request: UpstreamRequest): number {
    return this.#host.phases.requestBodyFilter !== undefined && request.isUnsized ? -1 : this.#side.contentLength;
  }

  // From the client.

  onBody(chunk: Buffer): void {
    this.bytesReceived += chunk.length;
    this.observer?.onRequestBody(chunk);
    if (this.#requestFlow !== undefined) this.#requestFlow.push(keepable(chunk));
    else this.#sendUp(chunk);
  }

  onBodyEnd(trailers: HeaderFields | undefined): void {
    this.observer?.onRequestEnd();
    if (this.#requestFlow !== undefined) this.#requestFlow.end(trailers);
    else this.#endUp(trailers);
  }

  onBodyPause(): void {
    this.#stream?.flush();
  }

  onClientDrain(): void {
    this.#stream?.resume();
  }

  onClientGone(reason: ClientGone): void {
    if (this.isOver) return;
    if (reason !== 'closed' && !this.#isHeadSent) {
      const [status, problem] = BAD_BODY[reason];
      this.respond(status, PLAIN_TEXT, problem);
      return;
    }
    this.#finish('client-gone');
    this.#side.abort();
  }

  #sendUp(chunk: Buffer): void {
    if (chunk.length > 0 && this.#stream?.sendBody(chunk) === false) this.#side.pauseBody();
  }

  #endUp(trailers: HeaderFields | undefined): void {
    this.#isRequestSent = true;
    this.#stream?.sendEnd(trailers);
  }

  #filterRequestBody(): void {
    const filter = this.#host.phases.requestBodyFilter;
    this.#requestFlow = createBodyFlow({
      filter: filter && ((chunk, isLast) => filter(chunk, isLast, this)),
      pause: () => this.#side.pauseBody(),
      resume: () => this.#side.resumeBody(),
      send: chunk => this.#sendUp(chunk),
      end: trailers => this.#endUp(trailers),
      fail: error => this.#fail(error),
    });
  }

  // From the upstream.

  onInterim(head: ResponseHead): void {
    if (this.#isHeadSent) return;
    if (head.status === 100 && !this.#side.expectsContinue) return;
    this.#side.sendInterim(head);
  }

  onHead(head: ResponseHead, contentLength: number): void {
    const {upstreamResponseFilter, responseFilter, responseBodyFilter} = this.#host.phases;
    this.response = head;
    this.error = undefined;
    this.observer?.onHead();
    if (upstreamResponseFilter === undefined && responseFilter === undefined && responseBodyFilter === undefined) {
      this.#isHeadSent = true;
      this.#side.sendHead(head, contentLength);
      return;
    }
    this.#filterResponse(head, contentLength);
  }

  get usesDataAtOnce(): boolean {
    return this.#responseFlow === undefined && this.#side.usesBodyAtOnce;
  }

  onData(chunk: Buffer): void {
    if (this.#responseFlow !== undefined) this.#responseFlow.push(chunk);
    else this.#sendDown(chunk);
  }

  onEnd(trailers: HeaderFields | undefined): void {
    // The connection may carry another request already. One whose request is not out yet is given up with it.
    if (this.#isRequestSent) this.#stream = undefined;
    if (this.#responseFlow !== undefined) this.#responseFlow.end(trailers);
    else this.#endDown(trailers);
  }

  onPause(): void {
    if (this.#isHeadSent) this.#side.flush();
  }

  onUpstreamDrain(): void {
    this.#side.resumeBody();
  }

  onUpstreamError(error: UpstreamError): void {
    this.#stream = undefined;
    this.#stopWaiting = undefined;
    if (this.isOver) return;
    this.error = error;
    if (this.#isHeadSent) this.#cutOff();
    else if (this.#mayRetry(error)) this.#askForRetry(error);
    else this.#fail(error);
  }

  onUpgrade(head: ResponseHead, tunnel: UpstreamTunnel): void {
    this.#stream = undefined;
    if (this.upgrade === undefined || head.fields.get('upgrade')?.toLowerCase() !== this.upgrade) {
      tunnel.socket.destroy();
      this.#fail(new UpstreamError('malformed', 'the app switched to a protocol that was not asked for', 'answered'));
      return;
    }
    this.response = head;
    this.#isHeadSent = true;
    const client = this.#side.openTunnel(head);
    this.#tunnel = this.#host.tunnels.join(client, tunnel, {
      protocol: this.upgrade,
      onOver: () => this.#finish('tunnelled'),
    });
    this.observer?.onTunnel(this.#tunnel);
  }

  #sendDown(chunk: Buffer): void {
    if (chunk.length === 0 || !mayHaveBody(this.request.method, this.status)) return;
    this.bytesSent += chunk.length;
    this.observer?.onResponseBody(chunk);
    if (!this.#side.sendBody(chunk)) this.#stream?.pause();
  }

  #endDown(trailers: HeaderFields | undefined): void {
    this.#finish('answered');
    this.#side.sendEnd(trailers);
  }

  #filterResponse(head: ResponseHead, contentLength: number): void {
    const {upstreamResponseFilter, responseFilter, responseBodyFilter} = this.#host.phases;
    const flow = createBodyFlow({
      filter: responseBodyFilter && ((chunk, isLast) => responseBodyFilter(chunk, isLast, this)),
      pause: () => this.#stream?.pause(),
      resume: () => this.#stream?.resume(),
      send: chunk => this.#sendDown(chunk),
      end: trailers => this.#endDown(trailers),
      fail: error => this.#fail(error),
    });
    this.#responseFlow = flow;
    flow.hold();
    const sendHead = (): void => {
      if (this.#isHeadSent) return;
      assertSendable(head);
      this.#isHeadSent = true;
      this.#side.sendHead(head, head.fields.has('content-length') ? contentLength : -1);
      flow.release();
      this.#side.flush();
    };
    const filterForClient = (): void => this.#then(responseFilter?.(head, this), sendHead);
    this.#guard(() => this.#then(upstreamResponseFilter?.(head, this), filterForClient));
  }

  // When it fails.

  /** Whether trying again does no harm: RFC 9110, section 9.2.2. */
  #mayRetry({progress}: UpstreamError): boolean {
    if (progress === 'unsent') return !this.#isBodyRead;
    return progress === 'unanswered' && !this.hasBody && isIdempotent(this.request.method);
  }

  #askForRetry(error: UpstreamError): void {
    const {failToConnect, errorWhileProxy} = this.#host.phases;
    const decide = (error.progress === 'unsent' ? failToConnect : errorWhileProxy) ?? decideRetry;
    this.#guard(() => this.#then(decide(error, this), retry => this.#retry(error, retry)));
  }

  #retry(error: UpstreamError, retry: Retry): void {
    if (retry === undefined) this.#fail(error);
    else if (retry.afterMs <= 0) this.#guard(() => this.#choose());
    else this.#retryTimer = setTimeout(() => this.#guard(() => this.#choose()), retry.afterMs);
  }

  /** There will be no other try: the client is told, or, when an answer has begun, cut off. */
  #fail(error: unknown): void {
    if (this.isOver) return;
    this.error = error;
    this.#dropUpstream();
    if (!(error instanceof UpstreamError || error instanceof TakoError)) this.#host.onBug(error);
    if (this.#isHeadSent) {
      this.#cutOff();
      return;
    }
    const {failToProxy} = this.#host.phases;
    if (failToProxy === undefined) {
      this.#failPlainly(error);
      return;
    }
    try {
      const answered = failToProxy(error, this);
      if (answered instanceof Promise)
        answered.catch(problem => this.#host.onBug(problem)).then(() => this.#failPlainly(error));
      else this.#failPlainly(error);
    } catch (problem) {
      this.#host.onBug(problem);
      this.#failPlainly(error);
    }
  }

  /** The answer where nobody gave a better one. */
  #failPlainly(error: unknown): void {
    if (this.#isHeadSent || this.isOver) return;
    if (error instanceof UpstreamError) {
      this.respond(error.failure.endsWith('timeout') ? 504 : 502, PLAIN_TEXT, `${error.message}\n`);
    } else {
      this.respond(500, PLAIN_TEXT, 'the proxy failed on this request\n');
    }
  }

  // The end.

  #finish(outcome: Outcome): void {
    if (this.outcome !== undefined) return;
    this.outcome = outcome;
    this.#dropUpstream();
    this.#giveUpBody?.();
    if (outcome === 'client-gone') this.abortSignal();
    try {
      this.#host.phases.logging?.(this);
      this.observer?.onOver();
    } catch (error) {
      this.#host.onBug(error);
    }
    this.#host.onFinish(this);
  }

  /** Whatever is still under way upstream is given up; a request that was answered has nothing under way. */
  #dropUpstream(): void {
    clearTimeout(this.#retryTimer);
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
    this.#stream?.abort();
    this.#stream = undefined;
  }

  // Goes on with a phase's value: in the same turn if it is there.

  #then<T>(value: T | Promise<T>, next: (value: T) => void): void {
    if (value instanceof Promise) {
      value.then(
        result => this.isOver || this.#guard(() => next.call(this, result)),
        error => this.#fail(error),
      );
    } else {
      next.call(this, value);
    }
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#fail(error);
    }
  }
}

/** What a filter made of a head. Throws TypeError for what is no answer, or would be two. */
function assertSendable({status, reason}: Pick<ResponseHead, 'status' | 'reason'>): void {
  const isFinal = Number.isInteger(status) && status >= 200 && status <= 599;
  if (!isFinal) throw new TypeError(`${status} is not the status of an answer`);
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(reason)) throw new TypeError('the reason has characters it may not have');
}

const CONTINUE: ResponseHead = {status: 100, reason: 'Continue', fields: new HeaderFields()};

const BAD_BODY = {
  malformed: [400, 'the body is not valid HTTP\n'],
  'too-slow': [408, 'the body came too slowly\n'],
} as const;

const PLAIN_TEXT = {'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store'};
