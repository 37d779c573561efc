// Who may have tako's own page. It shows what apps print and are sent, and can restart them, while the same browser has pages
// open that anybody may have written. So it is for this machine only, under its own names only, and what a page of another
// origin asks for is refused before anything is looked at. Going to it by a link is fine: that page cannot read it.

import {isLoopbackHost} from '../../proxy/route-syntax.js';
import type {Session} from '../../proxy/session.js';
import {ownOriginOf} from './own-origin.js';

export type Refusal = {readonly status: number; readonly message: string};

/** What is looked at. The host is one of the page's own already: a name that was pointed here is not (DNS rebinding). */
export type AskedBy = Pick<Session, 'client' | 'request' | 'upgrade'>;

/** Why it is refused; undefined when it is not. */
export function findRefusal(asked: AskedBy, httpsPort: number): Refusal | undefined {
  const {client, request, upgrade} = asked;
  const {method, fields} = request;
  const own = ownOriginOf(request.host, httpsPort);
  // Of a proxy nobody knows for whom it asks.
  if (!isLoopbackHost(client.address) || client.proxy !== undefined) return OTHER_MACHINE;
  if (own === undefined) return OTHER_PORT;
  if (upgrade !== undefined || !METHODS.has(method)) return NOT_A_METHOD;
  if (!isAskedBySelf(fields.get('sec-fetch-site')) && !isVisit(asked)) return OTHER_PAGE;
  const origin = fields.get('origin');
  // A browser says with every POST where it comes from; whoever does not can use the command.
  const isOwn = origin === undefined ? method !== 'POST' : origin === own;
  return isOwn ? undefined : OTHER_PAGE;
}

/** `none`: a person typed the address. A browser that does not say is older than 2023, and its Origin is looked at. */
const isAskedBySelf = (site: string | undefined): boolean =>
  site === undefined || site === 'same-origin' || site === 'none';

/** A person follows a link. In a frame it would be a page that another page can cover. */
const isVisit = ({request: {method, fields}}: AskedBy): boolean =>
  method === 'GET' && fields.get('sec-fetch-mode') === 'navigate' && fields.get('sec-fetch-dest') === 'document';

const METHODS = new Set(['GET', 'HEAD', 'POST']);

const OTHER_MACHINE: Refusal = {status: 403, message: 'this page is for the machine that tako runs on'};
const OTHER_PORT: Refusal = {status: 421, message: 'tako does not have this port'};
const NOT_A_METHOD: Refusal = {status: 405, message: 'this page has no such method'};
const OTHER_PAGE: Refusal = {status: 403, message: 'another page may not ask this'};
