// What of the log and of the requests a page shows: it stands in the page's address, and in that of its events.

import type {ExchangeQuery} from '../../control/exchanges.js';
import {isLogLevel, type LogLevel} from '../../supervisor/log-level.js';

export type LogFilter = {
  /** Part of a line, in any case. */
  readonly text: string;
  /** Only lines that say they are as serious as that. */
  readonly level: LogLevel | undefined;
  /** Only lines after the one of this id. */
  readonly since: number;
};

export type RequestFilter = Required<Omit<ExchangeQuery, 'app'>>;

export type PageQuery = {readonly log: LogFilter; readonly requests: RequestFilter};

/** What cannot be read means everything. */
export function parsePageQuery(parameters: URLSearchParams): PageQuery {
  const text = (name: string): string => (parameters.get(name) ?? '').trim();
  const since = Number(text('since'));
  const level = text('level');
  const status = text('status').toLowerCase();
  return {
    log: {
      text: text('log'),
      level: isLogLevel(level) ? level : undefined,
      since: Number.isSafeInteger(since) ? since : 0,
    },
    requests: {
      status: /^[1-5](?:\d\d|xx)$/.test(status) ? status : '',
      method: text('method').toUpperCase(),
      url: text('url'),
    },
  };
}

/** The query of an address that means the same, with what else is given. */
export function renderPageQuery({log, requests}: PageQuery, more: Readonly<Record<string, string>> = {}): string {
  const {status, method, url} = requests;
  const since = log.since === 0 ? '' : String(log.since);
  const {text, level = ''} = log;
  const all = Object.entries({log: text, level, since, status, method, url, ...more}).filter(
    ([, value]) => value !== '',
  );
  return all.length === 0 ? '' : `?${new URLSearchParams(all)}`;
}

/** As the inspector takes it. */
export const toExchangeQuery = ({status, method, url}: RequestFilter, app: string | undefined): ExchangeQuery => ({
  ...(app === undefined ? {} : {app}),
  ...(status === '' ? {} : {status}),
  ...(method === '' ? {} : {method}),
  ...(url === '' ? {} : {url}),
});
