// What open pages are told, put together from their parts.

import type {GatewaySession} from '../../proxy/gateway-session.js';
import {createBell} from '../bell.js';
import {createAppsPart, outlineOf} from './apps-part.js';
import type {LivePart} from './change.js';
import type {DashboardApps, DashboardInspector} from './dashboard-parts.js';
import {type LiveView, streamEvents} from './event-stream.js';
import {createExchangePart} from './exchange-part.js';
import {createLogPart} from './log-part.js';
import {parsePageQuery, toExchangeQuery} from './page-query.js';
import {renderPosition} from './pages.js';
import type {Subject} from './place.js';
import {createRequestsPart} from './requests-part.js';

export type LiveViewsOptions = {
  readonly apps: DashboardApps;
  readonly inspector: DashboardInspector;
  /** Names this daemon. */
  readonly daemon: string;
};

export type LiveViews = {
  /** Pages that are told now. */
  readonly count: number;
  /** Tells an open page until it is left. */
  stream(session: GatewaySession, about: Subject, parameters: URLSearchParams): Promise<void>;
};

export function createLiveViews({apps, inspector, daemon}: LiveViewsOptions): LiveViews {
  let count = 0;

  function createView(about: Subject, parameters: URLSearchParams, position: string): LiveView {
    const query = parsePageQuery(parameters);
    const listShown = () => (about.kind === 'app' ? apps.list().filter(({name}) => name === about.name) : apps.list());
    const requests = (app?: string): LivePart => createRequestsPart(inspector, toExchangeQuery(query.requests, app));
    const [madeBy, logId = '0'] = position.split('.');
    const isOtherDaemons = madeBy !== daemon;
    if (about.kind === 'request') {
      const part = createExchangePart(() => inspector.find(about.id));
      return {isStale: () => isOtherDaemons, take: part.take, position: () => renderPosition(daemon, 0)};
    }
    const outline = parameters.get('outline');
    const isStale = (): boolean => isOtherDaemons || outlineOf(listShown()) !== outline;
    const state = createAppsPart(listShown);
    if (about.kind === 'apps') return viewOf([state, requests()], {isStale, position: () => renderPosition(daemon, 0)});
    const log = createLogPart(() => apps.logs(about.name), query.log, Number(logId));
    const parts = [state, log, requests(about.name)];
    return viewOf(parts, {isStale, position: () => renderPosition(daemon, log.position)});
  }

  return {
    get count() {
      return count;
    },
    async stream(session, about, parameters) {
      const bell = createBell();
      const position = session.request.fields.get('last-event-id') ?? parameters.get('after') ?? '';
      const stops = [apps.watch(bell.ring), inspector.subscribe(bell.ring)];
      if (about.kind === 'app') stops.push(apps.logs(about.name).subscribe(bell.ring));
      count += 1;
      try {
        await streamEvents(session, createView(about, parameters, position), bell);
      } finally {
        count -= 1;
        for (const stop of stops) stop();
      }
    },
  };
}

const viewOf = (parts: readonly LivePart[], view: Omit<LiveView, 'take'>): LiveView => ({
  ...view,
  take: () => parts.flatMap(part => part.take()),
});
