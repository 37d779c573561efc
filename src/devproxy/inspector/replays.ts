import type {ReplayEdit} from '../../control/exchanges.js';
import type {ClientConnection, StartExchange} from '../../proxy/client-side.js';
import {TakoError} from '../../system/error.js';
import type {ObservedExchange} from './observed-exchange.js';
import type {Masking} from './render-exchange.js';
import {makeReplay} from './replay-request.js';
import {ReplaySide} from './replay-side.js';

export type Replays = {
  /** Notes the exchange of a request that is sent again; returns the id of the first one, null for any other request. */
  originOf(client: ClientConnection): number | null;
  began(client: ClientConnection, exchange: ObservedExchange): void;
  /** Resolves when the answer is complete, or was broken off. Rejects with why it cannot be sent. */
  send(exchange: ObservedExchange, edit: ReplayEdit, options: SendOptions): Promise<ObservedExchange>;
};

export type SendOptions = {readonly masking: Masking; readonly signal: AbortSignal | undefined};

/** A stream of events has no end of its own; an app that stands at a breakpoint may take minutes. */
const LONGEST_MS = 10 * 60_000;

type Replay = {readonly of: number; exchange: ObservedExchange | undefined};

/** Requests that are sent again, through the gateway as if they came from a client. */
export function createReplays(start: StartExchange): Replays {
  const replays = new Map<ClientConnection, Replay>();
  return {
    originOf: client => replays.get(client)?.of ?? null,
    began(client, exchange) {
      const replay = replays.get(client);
      if (replay !== undefined) replay.exchange = exchange;
    },
    async send(exchange, edit, {masking, signal}) {
      const request = makeReplay(exchange, edit, masking);
      const side = new ReplaySide(request, exchange);
      const replay: Replay = {of: exchange.id, exchange: undefined};
      const leave = (): void => side.leave();
      replays.set(side.client, replay);
      signal?.addEventListener('abort', leave);
      const timer = setTimeout(leave, LONGEST_MS);
      try {
        start(side);
        if (signal?.aborted) leave();
        await side.over;
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', leave);
        replays.delete(side.client);
      }
      if (replay.exchange === undefined) throw routeGone(request.head.host);
      return replay.exchange;
    },
  };
}

const routeGone = (host: string): TakoError =>
  new TakoError('NO_SUCH_APP', `no app is registered for ${host} at this path any more`);
