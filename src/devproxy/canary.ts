// A place that tako answers by itself, so that somebody can find out whether names, ports and certificates work: asking for it
// wakes no app, and is on no list of requests.

import {authorityOf, type RequestFilter} from '../proxy/request-path.js';
import {DASHBOARD_HOSTS, isDashboardHost} from './dashboard/hosts.js';

/** Of tako's own page: no app may have them. The first is found by a machine that is set up, the other by many that are not. */
export const [CANARY_HOST, CANARY_LOCALHOST] = DASHBOARD_HOSTS;
export const CANARY_PATH = '/_tako/canary';

/** What is answered: it says which daemon did, as another program may have the port. */
export const canaryAnswer = (pid: number): string => `tako-canary ${pid}\n`;

/** Answers for that path, and what is below it, over HTTPS and HTTP. */
export function createCanary(pid: number): RequestFilter {
  return session => {
    const {target} = session.request;
    if (!target.startsWith(CANARY_PATH) || !isDashboardHost(authorityOf(session).host)) return false;
    session.respond(200, HEADERS, canaryAnswer(pid));
    return true;
  };
}

const HEADERS = {
  'content-type': 'text/plain; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
};
