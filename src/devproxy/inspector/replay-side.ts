import type {ClientConnection, ClientReceiver, ClientSide, ClientTunnel, RequestHead} from '../../proxy/client-side.js';
import type {ObservedExchange} from './observed-exchange.js';
import type {ReplayRequest} from './replay-request.js';

/** The client of a request that is sent again: it has the body there, and takes an answer as fast as that comes. */
export class ReplaySide implements ClientSide {
  readonly client: ClientConnection;
  readonly request: RequestHead;
  readonly hasBody: boolean;
  readonly contentLength: number;
  readonly expectsContinue = false;
  readonly upgrade = undefined;
  readonly usesBodyAtOnce = true;
  /** Resolves when the answer is complete, or broken off. */
  readonly over: Promise<void>;

  readonly #body: Buffer;
  readonly #finish: () => void;
  #receiver: ClientReceiver | undefined;

  constructor(
    {head, body}: ReplayRequest,
    {isSecure, httpVersion}: Pick<ObservedExchange, 'isSecure' | 'httpVersion'>,
  ) {
    const {promise, resolve} = Promise.withResolvers<void>();
    this.request = head;
    this.hasBody = body.length > 0;
    this.contentLength = body.length;
    this.client = {address: '127.0.0.1', port: 0, isSecure, httpVersion, tls: undefined};
    this.over = promise;
    this.#body = body;
    this.#finish = resolve;
  }

  /** Whoever waits for the answer has left. */
  leave(): void {
    this.#receiver?.onClientGone('closed');
  }

  attach(receiver: ClientReceiver): void {
    this.#receiver = receiver;
  }

  readBody(): void {
    this.#receiver?.onBody(this.#body);
    this.#receiver?.onBodyEnd(undefined);
  }

  sendBody(): boolean {
    return true;
  }

  sendEnd(): void {
    this.#finish();
  }

  abort(): void {
    this.#finish();
  }

  openTunnel(): ClientTunnel {
    throw new Error('a request that is sent again asks for no tunnel');
  }

  // The body is there at once, and what is answered is seen by who observes.
  pauseBody(): void {}
  resumeBody(): void {}
  sendInterim(): void {}
  sendHead(): void {}
  flush(): void {}
}
