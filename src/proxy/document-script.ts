// Adds a script to the pages of an app: it reloads them, and shows problems over them.

import type {ResponseHead} from './client-side.js';
import {findScriptPermission} from './content-security-policy.js';
import type {GatewaySession} from './gateway-session.js';
import type {HeaderFields} from './header-fields.js';
import {createInsertion, type Insertion} from './html-insertion.js';
import {isNavigation} from './navigation.js';
import type {AppId, Route} from './route-table.js';
import type {UpstreamRequest} from './upstream-request.js';

/** `version` is what the page knows of its app's news. */
type Script = {readonly url: string; readonly version: number};

export type DocumentScripts = {
  /**
   * Asks for a whole document, as text: a script cannot be added to what is compressed, and a browser that is told to use
   * what it has would run the script of then, which knows less and loads the page again and again.
   */
  ask(request: UpstreamRequest, session: GatewaySession): void;
  /** Changes the head of a document for one with a script in it, which the context's `insertion` then adds. */
  add(response: ResponseHead, session: GatewaySession): void;
};

/** `scriptOf` gives the URL of an app's script, `versionOf` what is known of its news now. */
export function createDocumentScripts(
  scriptOf: (app: AppId) => string | undefined,
  versionOf: (app: AppId) => number,
): DocumentScripts {
  function findScript({context, request}: GatewaySession): Script | undefined {
    const {app, upstream} = context.route as Route;
    const url = upstream === undefined && isNavigation(request) ? scriptOf(app) : undefined;
    return url === undefined ? undefined : {url, version: versionOf(app)};
  }

  return {
    ask(request, session) {
      const script = findScript(session);
      // What happens from now on, the page does not know.
      session.context.pageVersion = script?.version;
      if (script === undefined) return;
      request.fields.set('accept-encoding', 'identity');
      for (const name of CONDITIONS) request.fields.delete(name);
    },
    add(response, session) {
      const script = findScript(session);
      if (script === undefined) return;
      const {pageVersion: version = script.version} = session.context;
      session.context.insertion = prepareDocument(response, {...script, version});
    },
  };
}

const CONDITIONS = ['if-none-match', 'if-modified-since'];

/** Undefined where the answer is no document, or one that must not be changed. */
function prepareDocument(response: ResponseHead, script: Script): Insertion | undefined {
  const {status, fields} = response;
  if (!hasWholeBody(status) || !isPlainHtml(fields)) return undefined;
  const permission = findScriptPermission(fields.getAll('content-security-policy'));
  if (permission === undefined) return undefined;
  for (const name of DESCRIBING_BYTES) fields.delete(name);
  weakenEtag(fields);
  return createInsertion(Buffer.from(renderScript(script, permission.nonce)));
}

/** A document, be it that of an error: whoever fixes that wants to see it gone. */
const hasWholeBody = (status: number): boolean =>
  (status >= 200 && status < 300 && status !== 204 && status !== 205 && status !== 206) || status >= 400;

function isPlainHtml(fields: HeaderFields): boolean {
  const type = fields.get('content-type') ?? '';
  if (!/^\s*text\/html\s*(?:;|$)/i.test(type) || /charset\s*=\s*["']?utf-?(?:16|32)/i.test(type)) return false;
  if (/^\s*attachment\b/i.test(fields.get('content-disposition') ?? '')) return false;
  // RFC 9111, section 5.2.2.6.
  if (/\bno-transform\b/i.test(fields.get('cache-control') ?? '')) return false;
  return /^\s*(?:identity)?\s*$/i.test(fields.get('content-encoding') ?? '');
}

/** Fields that tell of the very bytes of a body, or promise parts of it. */
const DESCRIBING_BYTES = ['content-length', 'content-md5', 'digest', 'content-digest', 'repr-digest', 'accept-ranges'];

/** A strong validator promises the same bytes: RFC 9110, section 8.8.1. */
function weakenEtag(fields: HeaderFields): void {
  const etag = fields.get('etag');
  if (etag?.startsWith('"')) fields.set('etag', `W/${etag}`);
}

const renderScript = ({url, version}: Script, nonce: string | undefined): string =>
  `<script src="${url}" data-version="${version}"${nonce === undefined ? '' : ` nonce="${nonce}"`} async></script>`;
