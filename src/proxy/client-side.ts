// The client's side of one exchange, as the engine sees it: the same for HTTP/1.1 and HTTP/2.

import type {Duplex} from 'node:stream';
import type {TLSSocket} from 'node:tls';
import type {HeaderFields} from './header-fields.js';
import type {AddedFields} from './upstream-request.js';

export type HttpVersion = '1.0' | '1.1' | '2';

/** What a client asks for. */
export type RequestHead = {
  readonly method: string;
  /** Path and query as sent, or `*`. */
  readonly target: string;
  /** The value of Host or `:authority` as sent; empty where HTTP/1.0 gave none. */
  readonly host: string;
  readonly fields: HeaderFields;
};

/** The head of an answer on its way to the client. Filters may change all of it. */
export type ResponseHead = {
  status: number;
  /** HTTP/1.1's words after the status; HTTP/2 has none. */
  reason: string;
  readonly fields: HeaderFields;
};

/** Who asks, and over what. */
export type ClientConnection = {
  /** An IP address, IPv4 in its own form on a dual-stack socket too. */
  readonly address: string;
  readonly port: number;
  readonly isSecure: boolean;
  readonly httpVersion: HttpVersion;
  /** The TLS socket, for what its handshake tells; undefined on a plain connection. */
  readonly tls: TLSSocket | undefined;
  /** The trusted proxy that says all this, and the host it was asked for; undefined for what the connection itself shows. */
  readonly proxy?: {readonly address: string; readonly host: string | undefined} | undefined;
  /** What was last said upstream about this client; a connection mostly asks for one host. */
  forwarded?: {readonly host: string; readonly added: AddedFields} | undefined;
};

/** A client whose connection has become a tunnel. `early` is what it sent before it was one. */
export type ClientTunnel = {readonly duplex: Duplex; readonly early: Buffer | undefined};

/**
 * One request and the way back to its client. The engine calls `attach` at once and then owns the exchange; the order of
 * an answer is `sendInterim*`, `sendHead`, `sendBody*`, `sendEnd`, or at any time `abort`.
 */
export type ClientSide = {
  readonly request: RequestHead;
  readonly client: ClientConnection;
  /** Whether a body follows; `contentLength` is -1 where only its end will tell. */
  readonly hasBody: boolean;
  readonly contentLength: number;
  /** The client waits for 100 (Continue) before it sends its body: RFC 9110, section 10.1.1. */
  readonly expectsContinue: boolean;
  /** The protocol the client wants the connection to be upgraded to, in lower case; extended CONNECT's in HTTP/2. */
  readonly upgrade: string | undefined;

  /** Says who is told of what comes from the client. */
  attach(receiver: ClientReceiver): void;
  /** Lets the body flow to the receiver; until then none of it is read. */
  readBody(): void;
  /** Backpressure: what has been read already may still arrive. */
  pauseBody(): void;
  resumeBody(): void;

  sendInterim(head: ResponseHead): void;
  /**
   * `contentLength` is the length of the body, -1 if unknown. Fields that are hop-by-hop are left out here, framing is
   * added here. A body that does not have the length said is cut off, never completed.
   */
  sendHead(head: ResponseHead, contentLength: number): void;
  /** Whether `sendBody` is done with its bytes when it returns. */
  readonly usesBodyAtOnce: boolean;
  /** False when the client does not keep up; `onClientDrain` tells when it does again. */
  sendBody(chunk: Buffer): boolean;
  /** The answer is complete. */
  sendEnd(trailers: HeaderFields | undefined): void;
  /** Sends what was held back to be sent in one piece with more. */
  flush(): void;
  /** Ends the exchange so that the client can tell that the answer is not complete. */
  abort(): void;
  /** The answer is 101 (HTTP/2: 200) and the rest of the connection or stream belongs to the caller. */
  openTunnel(head: ResponseHead): ClientTunnel;
};

/** What the engine does with what comes from a client. */
export type ClientReceiver = {
  /** The bytes are valid during the call only. */
  onBody(chunk: Buffer): void;
  onBodyEnd(trailers: HeaderFields | undefined): void;
  /** All that came of the body in one piece has been handed over: what was held back to join it may go out. */
  onBodyPause(): void;
  /** The client takes bytes again. */
  onClientDrain(): void;
  /** The client is gone, or broke the protocol in its body, before its answer was complete. */
  onClientGone(reason: ClientGone): void;
};

/** `closed`: it left. `malformed`: its body is not HTTP. `too-slow`: below the minimum rate, or it does not read. */
export type ClientGone = 'closed' | 'malformed' | 'too-slow';

/** Begins an exchange on a client's request: the engine's way in. It may be over before this returns. */
export type StartExchange = (side: ClientSide) => void;
