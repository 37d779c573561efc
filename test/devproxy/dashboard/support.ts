// A gateway in this process with tako's own page, for apps and requests that the test makes up.

import {request as openRequest} from 'node:https';
import type {AppStatus} from '../../../src/control/events.js';
import type {ExchangeDetail, ExchangeSummary, ReplayEdit} from '../../../src/control/exchanges.js';
import {createAppFollowers} from '../../../src/devproxy/app-followers.js';
import {createDashboard, type Dashboard} from '../../../src/devproxy/dashboard/dashboard.js';
import type {DashboardApps, DashboardInspector} from '../../../src/devproxy/dashboard/dashboard-parts.js';
import type {Gateway} from '../../../src/proxy/gateway.js';
import {createLogBuffer, type LogBuffer} from '../../../src/supervisor/log-buffer.js';
import {systemClock} from '../../../src/system/clock.js';
import {TakoError} from '../../../src/system/error.js';
import {type Answer, fetchHttp1, http1Options, startGateway, type TestGatewayOptions} from '../../proxy/harness.js';

/** An app that is ready, and has nothing to say. */
export const statusOf = (name: string, more: Partial<AppStatus> = {}): AppStatus => ({
  name,
  state: 'ready',
  url: `https://${name}.test`,
  urls: [`https://${name}.test`, `https://${name}.localhost`],
  directory: `/home/me/${name}`,
  configFile: null,
  command: ['node', 'server.js'],
  pid: 4711,
  port: 34_485,
  startedAt: Date.now(),
  memoryBytes: 63_000_000,
  exit: null,
  problem: null,
  startedFor: [],
  clients: 0,
  traffic: {requestsPerSecond: 1.5, p95Ms: 42, errors: 0, requests: 1_234},
  lan: null,
  restarts: 0,
  ...more,
});

/** A request that was answered. */
export const exchangeOf = (id: number, more: Partial<ExchangeDetail> = {}): ExchangeDetail => ({
  id,
  app: 'web',
  time: Date.now(),
  method: 'GET',
  url: `https://web.test/items/${id}`,
  status: 200,
  outcome: 'answered',
  httpVersion: '2',
  contentType: 'application/json',
  bytesReceived: 0,
  bytesSent: 2_048,
  timing: {queueMs: 0.2, coldStartMs: null, firstByteMs: 12.5, totalMs: 15},
  upgrade: null,
  replayOf: null,
  clientAddress: '127.0.0.1',
  request: {fields: [['accept', '*/*']], body: null},
  response: {
    reason: 'OK',
    fields: [['content-type', 'application/json']],
    body: {encoding: 'utf8', data: '{"id":1}', bytes: 8, isTruncated: false},
  },
  frames: null,
  error: null,
  ...more,
});

/** Apps that are what the test says. */
export type FakeApps = DashboardApps & {
  /** Makes an app, or changes one. */
  set(status: AppStatus): void;
  /** What was asked for: `restart web`. */
  readonly asked: readonly string[];
};

export function createFakeApps(): FakeApps {
  const statuses = new Map<string, AppStatus>();
  const buffers = new Map<string, LogBuffer>();
  const followers = createAppFollowers(Date.now);
  const asked: string[] = [];
  const find = (name: string): AppStatus => {
    const status = statuses.get(name);
    if (status === undefined) throw new TakoError('NO_SUCH_APP', `no app is registered as ${name}`);
    return status;
  };
  return {
    asked,
    list: () => [...statuses.values()],
    logs(name) {
      find(name);
      const buffer = buffers.get(name) ?? createLogBuffer(systemClock);
      buffers.set(name, buffer);
      return buffer;
    },
    async restart(name) {
      asked.push(`restart ${name}`);
      return find(name);
    },
    async remove(name) {
      asked.push(`stop ${name}`);
      const status = find(name);
      statuses.delete(name);
      followers.tell(name);
      return status;
    },
    watch: followers.watch,
    set(status) {
      statuses.set(status.name, status);
      followers.tell(status.name);
    },
  };
}

/** An inspector that knows what the test adds. */
export type FakeInspector = DashboardInspector & {
  add(exchange: ExchangeDetail): void;
  readonly replays: readonly {readonly id: number; readonly edit: ReplayEdit}[];
  readonly listeners: ReadonlySet<unknown>;
};

export function createFakeInspector(): FakeInspector {
  const exchanges = new Map<number, ExchangeDetail>();
  const listeners = new Set<(exchange: ExchangeSummary) => void>();
  const replays: {id: number; edit: ReplayEdit}[] = [];
  const add = (exchange: ExchangeDetail): void => {
    exchanges.set(exchange.id, exchange);
    for (const listener of listeners) listener(exchange);
  };
  return {
    add,
    replays,
    listeners,
    list: ({app, method, status, url = ''}, count) =>
      [...exchanges.values()]
        .filter(exchange => app === undefined || exchange.app === app)
        .filter(exchange => method === undefined || exchange.method === method)
        .filter(exchange => status === undefined || String(exchange.status).startsWith(status.replaceAll('x', '')))
        .filter(exchange => exchange.url.includes(url))
        .slice(-count),
    find: id => exchanges.get(id),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async replay(id, edit) {
      replays.push({id, edit});
      const exchange = exchanges.get(id);
      if (exchange === undefined) throw new TakoError('NO_SUCH_REQUEST', `there is no request ${id}`);
      const again = {...exchange, id: Math.max(...exchanges.keys()) + 1, replayOf: id};
      add(again);
      return again;
    },
  };
}

export type Page = {
  readonly gateway: Gateway;
  readonly dashboard: Dashboard;
  readonly apps: FakeApps;
  readonly inspector: FakeInspector;
  /** `tako.test:47831` */
  readonly host: string;
  get(target: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** As a form of the page does it, unless `headers` say otherwise. */
  post(
    target: string,
    form?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  events(target: string, headers?: Readonly<Record<string, string>>): Promise<EventStream>;
};

/** A gateway with the page and one app, web; `more` is for the gateway. */
export async function startPage(more: TestGatewayOptions = {}): Promise<Page> {
  const apps = createFakeApps();
  const inspector = createFakeInspector();
  apps.set(statusOf('web'));
  const dashboard = createDashboard({
    apps,
    inspector,
    httpsPort: () => gateway.https.port,
    onBug: error => {
      throw error;
    },
  });
  const gateway = await startGateway({...more, filters: [dashboard.filter]});
  const host = `tako.test:${gateway.https.port}`;
  const get: Page['get'] = (path, headers = {}) => fetchHttp1(gateway, {path, headers: {host, ...headers}});
  return {
    gateway,
    dashboard,
    apps,
    inspector,
    host,
    get,
    async post(path, form = {}, headers = {}) {
      const {cookie, token} = await readToken(await get('/'));
      const body = new URLSearchParams({token, ...form}).toString();
      const sent = {host, cookie, origin: `https://${host}`, 'content-length': String(body.length), ...headers};
      return fetchHttp1(gateway, {method: 'POST', path, body, headers: sent});
    },
    events: (path, headers = {}) => openEvents(gateway, path, {host, ...headers}),
  };
}

/** The two halves of what an action needs. */
export function readToken(page: Answer): {readonly cookie: string; readonly token: string} {
  const cookie = (page.headers['set-cookie'] ?? [])[0]?.split(';')[0] ?? '';
  return {cookie, token: /name="token" value="([^"]+)"/.exec(page.body)?.[1] ?? ''};
}

/** Where a page is told what becomes of it, as its script asks. */
export function eventsOf({body}: Answer): string {
  const [, events = ''] = /data-events="([^"]*)"/.exec(body) ?? [];
  const [, position = ''] = /data-position="([^"]*)"/.exec(body) ?? [];
  const address = new URL(events.replaceAll('&#38;', '&'), 'https://tako.test');
  address.searchParams.set('after', position);
  return address.pathname + address.search;
}

export type PageEvent = {readonly type: string; readonly id: string; readonly data: string};

export type EventStream = {
  readonly status: number;
  /** All that has come. */
  readonly events: readonly PageEvent[];
  /** The markup of all changes so far. */
  readonly markup: string;
  /** Everything as it came. */
  readonly raw: string;
  readonly ended: Promise<void>;
  close(): void;
};

function openEvents(gateway: Gateway, path: string, headers: Record<string, string>): Promise<EventStream> {
  return new Promise((resolve, reject) => {
    const request = openRequest(http1Options(gateway, {path, headers}), response => {
      let raw = '';
      response.setEncoding('utf8').on('data', chunk => {
        raw += chunk;
      });
      const ended = new Promise<void>(done => response.once('close', done));
      response.on('error', () => undefined);
      resolve({
        status: response.statusCode ?? 0,
        ended,
        close: () => request.destroy(),
        get raw() {
          return raw;
        },
        get events() {
          return parseEvents(raw);
        },
        get markup() {
          const changes = parseEvents(raw).flatMap(({type, data}) => (type === 'message' ? JSON.parse(data) : []));
          return changes.map(({html}: {html: string}) => html).join('');
        },
      });
    });
    request.on('error', reject).end();
  });
}

const parseEvents = (raw: string): PageEvent[] =>
  raw
    .split('\n\n')
    .slice(0, -1)
    .filter(block => block.includes('data:'))
    .map(block => {
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
      return {type: field('event') || 'message', id: field('id'), data: field('data')};
    });
