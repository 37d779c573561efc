// tako's own page at https://tako.test: apps, logs and requests, as they are and as they change.
//
// It is a filter in front of the apps: a request for one of its hosts never gets to an app, nor counts as use of one. Who may
// ask is decided first (access.ts); what changes something needs the token of a page as well (page-token.ts).

import {randomUUID} from 'node:crypto';
import type {AppStatus} from '../../control/events.js';
import type {ExchangeDetail} from '../../control/exchanges.js';
import type {GatewaySession} from '../../proxy/gateway-session.js';
import {authorityOf, originOf, type RequestFilter} from '../../proxy/request-path.js';
import {TakoError} from '../../system/error.js';
import {findRefusal} from './access.js';
import {createActions} from './actions.js';
import {sendFile, sendPage, sendProblem, sendTo} from './answers.js';
import type {DashboardApps, DashboardInspector} from './dashboard-parts.js';
import {isDashboardHost} from './hosts.js';
import type {Html} from './html.js';
import {ICON_PATH, SCRIPT_PATH, STYLE_PATH} from './layout.js';
import {createLiveViews} from './live-views.js';
import {parsePageQuery} from './page-query.js';
import {createPageToken} from './page-token.js';
import {renderAppPage, renderAppsPage, renderExchangePage} from './pages.js';
import {isAction, parsePlace, type Subject, takesMethod} from './place.js';

export type DashboardOptions = {
  readonly apps: DashboardApps;
  readonly inspector: DashboardInspector;
  readonly httpsPort: () => number;
  /** Told of what should not have happened. */
  readonly onBug: (error: unknown) => void;
};

export type Dashboard = {
  /** Answers what is asked of the page's hosts. */
  readonly filter: RequestFilter;
  /** Whether somebody has a page open. */
  isOpen(): boolean;
};

export function createDashboard({apps, inspector, httpsPort, onBug}: DashboardOptions): Dashboard {
  const token = createPageToken();
  const daemon = randomUUID();
  const views = createLiveViews({apps, inspector, daemon});
  const act = createActions({apps, inspector, token, onBug});

  function find(about: Subject): Found | undefined {
    switch (about.kind) {
      case 'apps':
        return {kind: 'apps', apps: apps.list()};
      case 'app': {
        const app = apps.list().find(({name}) => name === about.name);
        return app && {kind: 'app', app};
      }
      case 'request': {
        const exchange = inspector.find(about.id);
        return exchange && {kind: 'request', exchange};
      }
    }
  }

  function renderPage(found: Found, parameters: URLSearchParams): Html {
    const context = {inspector, query: parsePageQuery(parameters), token: token.inForms, daemon};
    if (found.kind === 'apps') return renderAppsPage(found.apps, context);
    if (found.kind === 'app') return renderAppPage(found.app, apps.logs(found.app.name), context);
    return renderExchangePage(found.exchange, context);
  }

  async function answer(session: GatewaySession): Promise<void> {
    const {method, target} = session.request;
    const [path = '/', search = ''] = target.split(/\?(.*)/s, 2);
    const file = FILES.get(path);
    const place = parsePlace(path);
    const found = place && find(place.about);
    const parameters = new URLSearchParams(search);
    if (file !== undefined) sendFile(session, file.name, file.type);
    else if (place === undefined || found === undefined) sendProblem(session, 404, 'there is no such app or request');
    else if (!takesMethod(place, method)) sendProblem(session, 405, 'this cannot be asked for like that');
    else if (isAction(place)) await act(session, place);
    else if (place.verb === 'events') await views.stream(session, place.about, parameters);
    else sendPage(session, renderPage(found, parameters), token.setCookie);
  }

  function answerError(session: GatewaySession, error: unknown): void {
    if (!(error instanceof TakoError)) onBug(error);
    if (session.isAnswered) session.cut();
    else if (error instanceof TakoError) sendProblem(session, 409, error.message, error.hint);
    else sendProblem(session, 500, 'tako failed on this request', 'The daemon log has the details.');
  }

  return {
    isOpen: () => views.count > 0,
    filter(session) {
      const {host} = authorityOf(session);
      if (!isDashboardHost(host)) return false;
      if (!session.client.isSecure) {
        sendTo(session, `${originOf(host, httpsPort())}${session.request.target.replace(/^\*/, '/')}`);
        return true;
      }
      const refusal = findRefusal(session, httpsPort());
      if (refusal !== undefined) sendProblem(session, refusal.status, refusal.message);
      else void answer(session).catch(error => answerError(session, error));
      return true;
    },
  };
}

/** What a page is about, as it is now. */
type Found =
  | {readonly kind: 'apps'; readonly apps: readonly AppStatus[]}
  | {readonly kind: 'app'; readonly app: AppStatus}
  | {readonly kind: 'request'; readonly exchange: ExchangeDetail};

const FILES: ReadonlyMap<string, {readonly name: string; readonly type: string}> = new Map([
  [STYLE_PATH, {name: 'page.css', type: 'text/css; charset=utf-8'}],
  [SCRIPT_PATH, {name: 'page.js', type: 'text/javascript; charset=utf-8'}],
  [ICON_PATH, {name: 'icon.svg', type: 'image/svg+xml'}],
]);
