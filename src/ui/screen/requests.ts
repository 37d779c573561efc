import type {ExchangeDetail, ExchangeEvent, ExchangeSummary} from '../../control/exchanges.js';

/** Requests that can be scrolled back to; the daemon keeps more of each app. */
export const KEPT_REQUESTS = 500;

/** What is known of the request that is looked at. */
export type Opened =
  | {readonly state: 'loading'; readonly id: number}
  | {readonly state: 'loaded'; readonly id: number; readonly detail: ExchangeDetail}
  | {readonly state: 'missing'; readonly id: number; readonly reason: string};

/** The requests as the screen keeps them. */
export type Requests = {
  /** Oldest first, by when they began. */
  readonly list: readonly ExchangeSummary[];
  /** Those that the daemon could not tell of in time. */
  readonly skipped: number;
  /** The id of the chosen one. Null: the newest, whichever that is. */
  readonly chosen: number | null;
  readonly opened: Opened | null;
  /** Rows of the opened one that are above its first row. */
  readonly scrolled: number;
  /** Why there are none to show. */
  readonly problem: string | null;
};

export const NO_REQUESTS: Requests = {list: [], skipped: 0, chosen: null, opened: null, scrolled: 0, problem: null};

export function withExchange(requests: Requests, event: ExchangeEvent): Requests {
  if (event.type === 'skipped-requests') return {...requests, skipped: requests.skipped + event.count};
  const {exchange} = event;
  const place = requests.list.findLastIndex(({id}) => id === exchange.id);
  if (place >= 0) return {...requests, problem: null, list: requests.list.with(place, exchange)};
  // Those that began together may be told in another order.
  const after = requests.list.findLastIndex(({id}) => id < exchange.id);
  return {...requests, problem: null, list: requests.list.toSpliced(after + 1, 0, exchange).slice(-KEPT_REQUESTS)};
}

/** The place of the chosen one among those that are shown; of the newest if it is not among them, -1 if there is none. */
export function placeOfChosen({chosen}: Requests, shown: readonly ExchangeSummary[]): number {
  const place = shown.findIndex(({id}) => id === chosen);
  return place < 0 ? shown.length - 1 : place;
}

export const chosenRequest = (requests: Requests, shown: readonly ExchangeSummary[]): ExchangeSummary | undefined =>
  shown[placeOfChosen(requests, shown)];

/** Chooses the one so many places further down. At the end it is the newest from then on. */
export function moveRequest(requests: Requests, shown: readonly ExchangeSummary[], steps: number): Requests {
  const place = Math.max(0, placeOfChosen(requests, shown) + steps);
  return {...requests, chosen: place >= shown.length - 1 ? null : (shown[place]?.id ?? null)};
}

export const openRequest = (requests: Requests, id: number): Requests => ({
  ...requests,
  chosen: id,
  opened: {state: 'loading', id},
  scrolled: 0,
});

export const closeRequest = (requests: Requests): Requests => ({...requests, opened: null, scrolled: 0});

/** What was asked for. An answer that comes when another one is looked at means nothing any more. */
export const withOpened = (requests: Requests, opened: Opened): Requests =>
  requests.opened?.id === opened.id ? {...requests, opened} : requests;
