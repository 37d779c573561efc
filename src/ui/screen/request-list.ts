import type {ExchangeSummary} from '../../control/exchanges.js';
import {isAppShown} from './apps.js';
import type {ScreenState} from './screen-state.js';

/** The requests that are shown, oldest first. */
export const shownRequests = ({apps, requests, search}: ScreenState): readonly ExchangeSummary[] =>
  requests.list.filter(
    exchange => isAppShown(apps, exchange.app) && (!search.isOnlyMatches || hasSearched(exchange, search.text)),
  );

/** Whether its line has the text; '' is in everything. Case counts once a letter of the text is upper case. */
export function hasSearched({method, url, status, app}: ExchangeSummary, text: string): boolean {
  const line = `${method} ${url} ${status ?? ''} ${app}`;
  return (text === text.toLowerCase() ? line.toLowerCase() : line).includes(text);
}
