import type {AnswerWriter} from './answer-writer.js';
import type {ClientConnection, ClientSide, RequestHead, ResponseHead} from './client-side.js';
import {HeaderFields} from './header-fields.js';
import type {SessionObserver} from './session-observer.js';
import type {Upstream} from './upstream.js';

/**
 * How a request ended. `answered`: its answer is complete, whoever gave it. `cut-off`: the answer broke off, with the
 * upstream. `client-gone`: the client left before it had all. `tunnelled`: it became a tunnel, which is over.
 */
export type Outcome = 'answered' | 'cut-off' | 'client-gone' | 'tunnelled';

/** The status logged for a client that left before its answer began, as nginx and Caddy do. */
export const CLIENT_CLOSED_REQUEST = 499;

/** One request on its way through the phases. */
export abstract class Session<Context = unknown> {
  /** Who asks. A filter that knows it better may say so, before the request goes upstream. */
  client: ClientConnection;
  readonly request: RequestHead;
  /** Whether the request has a body. */
  readonly hasBody: boolean;
  /** The protocol of an asked-for upgrade, in lower case: `websocket`. */
  readonly upgrade: string | undefined;
  /** Made by `createContext`. */
  context!: Context;
  /** Tries so far, the present one included. */
  attempts = 0;
  /** Where the present try goes. */
  upstream: Upstream | undefined;
  /** The head of the answer that went to the client, or is about to. */
  response: ResponseHead | undefined;
  /** Why the last try failed, if it did. */
  error: unknown;
  /** Body bytes from and to the client. */
  bytesReceived = 0;
  bytesSent = 0;
  outcome: Outcome | undefined;
  /** Told of what becomes of it; set by a phase, if anybody wants to know. */
  observer: SessionObserver | undefined;
  #abort: AbortController | undefined;

  constructor({client, request, hasBody, upgrade}: ClientSide) {
    this.client = client;
    this.request = request;
    this.hasBody = hasBody;
    this.upgrade = upgrade;
  }

  /** Answers the request here, whole. Once only, and not after an upstream's answer has begun. */
  abstract respond(
    status: number,
    fields?: HeaderFields | Readonly<Record<string, string>>,
    body?: string | Buffer,
  ): void;

  /** Begins an answer that is written here, piece by piece, as a stream of events is. Once only; no filter sees it. */
  abstract startAnswer(status: number, fields?: HeaderFields | Readonly<Record<string, string>>): AnswerWriter;

  /**
   * Reads the body of a request that is answered here. Undefined when it has more than `maxBytes`, or broke off. Once only, and
   * not of a request that goes upstream.
   */
  abstract readBody(maxBytes: number): Promise<Buffer | undefined>;

  /**
   * Ends whatever is under way: an answer is broken off, a tunnel is closed, a WebSocket with 1001 to both sides. Nothing
   * happens when the request is over.
   */
  abstract cut(): void;

  /** Whether an answer has begun. */
  abstract get isAnswered(): boolean;

  /** The status the client got; 499 when it left before there was one. */
  get status(): number {
    return this.response?.status ?? CLIENT_CLOSED_REQUEST;
  }

  /** Aborted when the client is gone before its answer was complete. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.outcome === 'client-gone') this.#abort.abort();
    return this.#abort.signal;
  }

  protected abortSignal(): void {
    this.#abort?.abort();
  }
}

/** Header fields from a record of them. */
export const toFields = (fields: HeaderFields | Readonly<Record<string, string>>): HeaderFields =>
  fields instanceof HeaderFields ? fields : HeaderFields.from(Object.entries(fields).flat());
