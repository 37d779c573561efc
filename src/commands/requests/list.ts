import {type ExchangeEvent, type ExchangeQuery, type ExchangeSummary, STATUS_PATTERN} from '../../control/exchanges.js';
import type {DaemonConnection} from '../../devproxy/daemon-client.js';
import {TakoError} from '../../system/error.js';
import {renderRequestLine} from '../../ui/request-line.js';
import {createStyle, hasColour} from '../../ui/style.js';
import {createContext, requireDaemon} from '../context.js';
import {unknownName} from '../selection.js';

export type RequestsFlags = {
  readonly follow?: boolean;
  readonly lines: number;
  readonly status?: string;
  readonly method?: string;
  readonly url?: string;
  readonly json?: boolean;
};

/** Prints the last requests, and with `--follow` those to come until Ctrl-C. */
export async function listRequests(name: string | undefined, flags: RequestsFlags): Promise<void> {
  const {follow = false, lines, json = false, status} = flags;
  if (status !== undefined && !STATUS_PATTERN.test(status)) throw notAStatus(status);
  const connection = await requireDaemon(createContext());
  const {client} = connection;
  let hasReader = true;
  process.stdout.on('error', () => {
    hasReader = false;
    client.close();
  });
  const print = json ? printEvent : createLinePrinter(follow);
  try {
    const query = queryOf(await findApp(connection, name), flags);
    await client.call('requests', {query, count: lines, follow}, {onEvent: print});
  } catch (error) {
    if (hasReader) throw error;
  } finally {
    client.close();
  }
}

const notAStatus = (text: string): TakoError =>
  new TakoError('OPTIONS_INVALID', `"${text}" is not a status`, {hint: 'use one as 404, or 5xx for all of a kind'});

const queryOf = (app: string | undefined, {status, method, url}: RequestsFlags): ExchangeQuery => ({
  ...(app === undefined ? {} : {app}),
  ...(status === undefined ? {} : {status}),
  ...(method === undefined ? {} : {method}),
  ...(url === undefined ? {} : {url}),
});

/** The app that is named, else the one of this folder; undefined for all. Throws NO_SUCH_APP. */
export async function findApp({client}: DaemonConnection, name: string | undefined): Promise<string | undefined> {
  const {apps} = await client.call('list', {});
  const names = apps.map(app => app.name);
  if (name !== undefined && !names.includes(name)) throw unknownName(name, names);
  const here = apps.filter(({directory}) => directory === process.cwd());
  return name ?? (here.length === 1 ? here[0]?.name : undefined);
}

const printEvent = (event: ExchangeEvent): void => void process.stdout.write(`${JSON.stringify(event)}\n`);

/** Each request once; one that is followed when it is over, or when it turns out to last. */
function createLinePrinter(isFollowing: boolean): (event: ExchangeEvent) => void {
  const style = createStyle({isColour: hasColour(process.stdout, process.env)});
  /** Those that were printed and are not over. */
  const announced = new Set<number>();
  return event => {
    if (event.type === 'skipped-requests') {
      process.stdout.write(`… ${event.count} requests skipped\n`);
      return;
    }
    const {exchange} = event;
    const {id, outcome} = exchange;
    if (outcome === null ? announced.has(id) : announced.delete(id)) return;
    if (outcome === null) {
      if (isFollowing && !lasts(exchange)) return;
      announced.add(id);
    }
    process.stdout.write(`${renderRequestLine(exchange, style)}\n`);
  };
}

const lasts = ({status, contentType}: ExchangeSummary): boolean =>
  status === 101 || (status !== null && contentType === 'text/event-stream');
