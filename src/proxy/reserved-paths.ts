// The few paths below /_tako/ that tako answers itself, on the hosts of apps. All others below it are the app's: an SDK of
// tako's serves some of them.
//
// What follows something is a request that is answered when there is news, or after a while without: it needs nothing of
// a browser but fetch, and leaves nothing open that has to be told from the app's own requests.

import {findAuthority} from './authority.js';
import type {GatewaySession} from './gateway-session.js';
import type {PageEvents} from './page-events.js';
import type {AppId, Route} from './route-table.js';
import {START_PATH, START_SCRIPT_PATH, type StartPages} from './start-page.js';
import {readTemplate} from './template.js';

/** Where pages ask for their app's news, and where the script is that does. */
export const RELOAD_PATH = '/_tako/reload';
export const CLIENT_SCRIPT_PATH = '/_tako/client.js';

const PREFIX = '/_tako/';

/** Whether a target may be one of them: which ones are answered depends on what the gateway does. */
export const isReservedPath = (target: string): boolean => target.startsWith(PREFIX);

/** The state of a start is told as soon as that ends, else after so many milliseconds: the page counts its seconds. */
const START_POLL_MS = 500;
/** A page without news asks again after so many milliseconds; browsers and proxies wait a minute at least. */
const NEWS_POLL_MS = 25_000;

export type ReservedPathsOptions = {
  /** The route a path of a host takes. */
  readonly findRoute: (host: string, path: string) => Route | undefined;
  /** Undefined where no page follows starts. */
  readonly starts: Starts | undefined;
  /** Undefined where no page is told anything. */
  readonly pageEvents: PageEvents | undefined;
};

/** Answers requests for them; true when it did. */
export type ReservedPaths = (session: GatewaySession) => boolean | Promise<boolean>;

export function createReservedPaths({findRoute, starts, pageEvents}: ReservedPathsOptions): ReservedPaths {
  const answers = new Map<string, (session: GatewaySession, url: URL) => void | Promise<void>>();
  if (starts !== undefined) {
    answers.set(START_SCRIPT_PATH, session => sendScript(session, 'start.js'));
    answers.set(START_PATH, (session, url) => {
      const app = findApp(session, url);
      return app === undefined ? sendNotFound(session) : sendStart(session, app, starts);
    });
  }
  if (pageEvents !== undefined) {
    answers.set(CLIENT_SCRIPT_PATH, session => sendScript(session, 'client.js'));
    answers.set(RELOAD_PATH, (session, url) => {
      const app = findApp(session, url);
      return app === undefined ? sendNotFound(session) : sendNews(session, app, readVersion(url), pageEvents);
    });
  }

  /** A host may have an app per path: `at` is the path of the page that asks. */
  function findApp(session: GatewaySession, url: URL): AppId | undefined {
    const {host = ''} = findAuthority(session.request.host) ?? {};
    const route = findRoute(host, url.searchParams.get('at') ?? '/');
    return route?.upstream === undefined ? route?.app : undefined;
  }

  return session => {
    const {target, method} = session.request;
    if (!isReservedPath(target) || !session.client.isSecure) return false;
    const url = new URL(target, 'https://app');
    const answer = answers.get(url.pathname);
    if (answer === undefined) return false;
    if (method !== 'GET' && method !== 'HEAD') {
      session.respond(405, {...JSON_HEADERS, allow: 'GET, HEAD'}, '{"error":"method not allowed"}\n');
      return true;
    }
    const answered = answer(session, url);
    return answered instanceof Promise ? answered.then(() => true) : true;
  };
}

type Starts = Pick<StartPages, 'stateOf' | 'settled'>;

async function sendStart(session: GatewaySession, app: AppId, starts: Starts): Promise<void> {
  if (starts.stateOf(app, session).state === 'starting') {
    await firstOf(starts.settled(app), {timeoutMs: START_POLL_MS, signal: session.signal});
  }
  sendJson(session, starts.stateOf(app, session));
}

async function sendNews(
  session: GatewaySession,
  app: AppId,
  after: number | undefined,
  events: PageEvents,
): Promise<void> {
  const known = after ?? events.versionOf(app);
  if (after !== undefined) await events.untilNews(app, after, {timeoutMs: NEWS_POLL_MS, signal: session.signal});
  sendJson(session, events.newsSince(app, known));
}

/** Settles with what comes first: the promise, if there is one, the timeout, or the signal. */
function firstOf(
  settled: Promise<void> | undefined,
  {timeoutMs, signal}: {readonly timeoutMs: number; readonly signal: AbortSignal},
): Promise<void> {
  return new Promise(resolve => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, timeoutMs);
    signal.addEventListener('abort', finish, {once: true});
    settled?.then(finish);
  });
}

const readVersion = (url: URL): number | undefined => {
  const text = url.searchParams.get('after') ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
};

function sendJson(session: GatewaySession, value: unknown): void {
  if (!session.isAnswered) session.respond(200, JSON_HEADERS, `${JSON.stringify(value)}\n`);
}

const sendNotFound = (session: GatewaySession): void =>
  session.respond(404, JSON_HEADERS, '{"error":"no app is registered at this path"}\n');

const sendScript = (session: GatewaySession, name: string): void =>
  session.respond(200, SCRIPT_HEADERS, readTemplate(name));

/** Pages of other origins may neither read nor embed what an app says. */
const OWN_ORIGIN_ONLY = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
};
const JSON_HEADERS = {...OWN_ORIGIN_ONLY, 'content-type': 'application/json; charset=utf-8'};
const SCRIPT_HEADERS = {...OWN_ORIGIN_ONLY, 'content-type': 'text/javascript; charset=utf-8'};
