// The page a browser shows while an app starts, and what it asks for to follow the start.

import type {ColdStart} from './cold-start.js';
import type {ErrorAnswer, RenderedAnswer} from './error-page.js';
import type {GatewaySession} from './gateway-session.js';
import {isNavigation} from './navigation.js';
import type {AppId} from './route-table.js';
import {escapeHtml, fillTemplate, readTemplate, shownLines} from './template.js';
import type {Upstream} from './upstream.js';

/** A start that is under way, as whoever starts apps sees it. */
export type StartProgress = {
  /** A word for people: `starting`, `restarting`. */
  readonly state: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly lastLines: readonly string[];
};

/** What the page is told. `stopped`: nothing is under way, a request would start the app. */
export type StartState =
  | {readonly state: 'ready'}
  | {readonly state: 'stopped'}
  | {readonly state: 'starting'; readonly word: string; readonly seconds: number; readonly lines: readonly string[]}
  | {
      readonly state: 'failed';
      readonly code: string;
      readonly message: string;
      readonly hint?: string | undefined;
      readonly lines: readonly string[];
    };

/** Where the page asks, and where its script is. */
export const START_PATH = '/_tako/start';
export const START_SCRIPT_PATH = '/_tako/start.js';

export type StartPagesOptions = {
  readonly coldStart: ColdStart;
  readonly startOf: (app: AppId) => StartProgress | undefined;
  /** Whether the app can be asked. */
  readonly isReady: (app: AppId, session: GatewaySession) => boolean;
  /** What a client is told about a failed start. */
  readonly answerFor: (error: unknown, app: AppId) => ErrorAnswer;
};

export type StartPages = {
  /** Waits for the start of an app; a browser for a while only, then it is shown a page. */
  wait(app: AppId, session: GatewaySession): Promise<Upstream>;
  stateOf(app: AppId, session: GatewaySession): StartState;
  /** Resolves when the start that is under way has come to its end; undefined when there is none. */
  settled(app: AppId): Promise<void> | undefined;
};

/** A browser waits so many milliseconds for an app before it is shown that it does. */
export const START_PAGE_AFTER_MS = 1_000;

export function createStartPages({coldStart, startOf, isReady, answerFor}: StartPagesOptions): StartPages {
  function stateOf(app: AppId, session: GatewaySession): StartState {
    if (isReady(app, session)) return {state: 'ready'};
    const progress = startOf(app);
    if (progress !== undefined || coldStart.settled(app) !== undefined) return startingState(progress);
    const failure = coldStart.failureOf(app);
    return failure === undefined ? {state: 'stopped'} : failedState(answerFor(failure, app));
  }

  function sendPage(app: AppId, session: GatewaySession): void {
    if (session.isAnswered) return;
    const {headers, body} = renderStartPage(app, stateOf(app, session));
    session.respond(START_PAGE_STATUS, headers, body);
  }

  return {
    stateOf,
    settled: coldStart.settled,
    wait(app, session) {
      if (!isNavigation(session.request)) return coldStart.wait(app, session.signal);
      const shown = new AbortController();
      const signal = AbortSignal.any([session.signal, shown.signal]);
      const upstream = coldStart.wait(app, signal);
      return unlessLate(upstream, () => {
        sendPage(app, session);
        shown.abort();
      });
    },
  };
}

/** The promise; or, when it is late, what `onLate` throws, if it does. */
function unlessLate<T>(promise: Promise<T>, onLate: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      try {
        onLate();
      } catch (error) {
        reject(error);
      }
    }, START_PAGE_AFTER_MS);
    promise.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}

function startingState(progress: StartProgress | undefined): StartState {
  const {state: word = 'starting', startedAt = Date.now(), lastLines = []} = progress ?? {};
  const seconds = Math.max(0, Math.floor((Date.now() - startedAt) / 1_000));
  return {state: 'starting', word, seconds, lines: shownLines(lastLines)};
}

const failedState = ({code, message, hint, lines = []}: ErrorAnswer): StartState => ({
  state: 'failed',
  code,
  message,
  ...(hint === undefined ? {} : {hint}),
  lines: shownLines(lines),
});

/**
 * 503 with Retry-After: what is there is not the app, which crawlers, caches and monitors must not take it for. Browsers
 * show it all the same, and its script brings them on.
 */
const START_PAGE_STATUS = 503;

function renderStartPage(app: AppId, state: StartState): RenderedAnswer {
  const {word = 'starting', seconds = 0, lines = []} = state.state === 'starting' ? state : {};
  const body = fillTemplate(readTemplate('starting.html'), {
    app: escapeHtml(app),
    word: escapeHtml(word),
    seconds: String(seconds),
    lines: escapeHtml(lines.join('\n')),
    script: START_SCRIPT_PATH,
  });
  return {headers: {...PAGE_HEADERS, 'content-length': String(Buffer.byteLength(body))}, body};
}

const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
  'retry-after': '1',
  vary: 'accept, sec-fetch-mode',
};
