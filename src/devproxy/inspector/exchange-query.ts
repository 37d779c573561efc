import {type ExchangeQuery, type ExchangeSummary, STATUS_PATTERN} from '../../control/exchanges.js';

/** Whether an exchange is asked for. What is left out, or is of no use, matches everything. */
export function matchesQuery(exchange: ExchangeSummary, {app, status, method, url}: ExchangeQuery): boolean {
  if (app !== undefined && exchange.app !== app) return false;
  if (status !== undefined && !matchesStatus(exchange.status, status)) return false;
  if (method !== undefined && exchange.method.toLowerCase() !== method.toLowerCase()) return false;
  return url === undefined || exchange.url.toLowerCase().includes(url.toLowerCase());
}

/** `404`, or `4xx` for all of them. */
const matchesStatus = (status: number | null, wanted: string): boolean =>
  status !== null && STATUS_PATTERN.test(wanted) && String(status).startsWith(wanted.replace(/x/gi, ''));
