import type {GatewaySession} from '../../proxy/gateway-session.js';
import {TakoError} from '../../system/error.js';
import {sendProblem, sendTo} from './answers.js';
import {appPath} from './app-parts.js';
import type {DashboardApps, DashboardInspector} from './dashboard-parts.js';
import type {PageToken} from './page-token.js';
import type {Place} from './place.js';
import {readReplayEdit} from './replay-form.js';
import {requestPath} from './requests-part.js';

/** A form: what is kept of a request's body (256 KiB) as text, three characters each at worst. */
const MAX_FORM_BYTES = 1024 * 1024;

export type ActionsOptions = {
  readonly apps: DashboardApps;
  readonly inspector: DashboardInspector;
  readonly token: PageToken;
  readonly onBug: (error: unknown) => void;
};

/** Does what a page was asked to do, if it was one of this daemon's pages. */
export function createActions({apps, inspector, token, onBug}: ActionsOptions) {
  /** What is under way goes on by itself: its page shows how it goes. */
  const inBackground = (work: Promise<unknown>): void =>
    void work.catch(error => {
      if (!(error instanceof TakoError)) onBug(error);
    });

  async function perform({about, verb}: Place, form: URLSearchParams, signal: AbortSignal): Promise<string> {
    if (about.kind === 'app' && verb === 'restart') {
      inBackground(apps.restart(about.name));
      return appPath(about.name);
    }
    if (about.kind === 'app' && verb === 'stop') {
      inBackground(apps.remove(about.name));
      return '/';
    }
    if (about.kind === 'request' && verb === 'replay') {
      const exchange = inspector.find(about.id);
      const edit = exchange === undefined ? {} : readReplayEdit(form, exchange);
      return requestPath((await inspector.replay(about.id, edit, signal)).id);
    }
    throw new TypeError(`${verb} changes nothing`);
  }

  return async (session: GatewaySession, place: Place): Promise<void> => {
    const body = await session.readBody(MAX_FORM_BYTES);
    if (body === undefined) {
      sendProblem(session, 413, 'this is more than tako keeps of a request');
      return;
    }
    const form = new URLSearchParams(body.toString());
    const cookies = session.request.fields.getAll('cookie').join(';');
    if (!token.isGiven(cookies, form.get('token'))) {
      sendProblem(
        session,
        403,
        'this page is from before tako was started anew',
        'Load it again, and then try once more.',
      );
      return;
    }
    sendTo(session, await perform(place, form, session.signal));
  };
}
