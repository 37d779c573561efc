// Serves the files of folders: a release's assets, without a process.
//
// What a path means, in this order: the file of that name; for a folder its index.html, behind a final slash; for `/about`
// the file `about.html`; among earlier releases, whose pages may still be open somewhere, what has a hash in its name; for a
// page (and only for one) the fallback, which routes in the browser; and then the app, or 404. The app is never
// asked for what is missing in a folder of hashed files: a missing file is never answered with a page, as a script that is
// HTML breaks the page that asks for it, and stays broken in every cache.

import {type ErrorAnswer, renderErrorAnswer} from '../error-page.js';
import {Exchange} from '../exchange.js';
import type {GatewaySession} from '../gateway-session.js';
import type {Route} from '../route-table.js';
import type {Upstream} from '../upstream.js';
import {contentTypeOf, isHtml} from './content-types.js';
import {type ChosenFile, decideFileAnswer} from './file-answer.js';
import {type EtagOf, type FileIndex, indexFolder, type ServedFolder} from './file-index.js';
import {type FilePath, parseFilePath, pathOf} from './file-path.js';
import {FileStream} from './file-stream.js';
import {findHashedFolder, isHashedPath, mayBeHashedPath} from './hashed-names.js';

export type StaticFilesOptions = {
  /** What is served, the later before the earlier. The folders must not change meanwhile. */
  readonly folders: readonly ServedFolder[];
  /** Folders of earlier releases, the later before the earlier: only files with a hash in their name, and no pages. */
  readonly previous?: readonly ServedFolder[];
  /** What answers for a page that has no file, as `index.html`: a path in the folders. Null or not given: nothing does. */
  readonly fallback?: string | null;
  /** Whether an app answers for what has no file, and for methods other than GET and HEAD; else they are refused here. */
  readonly hasApp: boolean;
  /** Whether a URL's path, decoded, never means another file; `isHashedPath` if not given. */
  readonly isHashed?: (path: string) => boolean;
  /** What stands for a file's content in its ETag, by its path below one of the folders: its SHA-256, from the manifest. */
  readonly etagOf?: EtagOf;
};

export type StaticFiles = {
  /**
   * Answers a request that took this route; false when it is the app's. A path below the route's, as `/docs/*`, may name a
   * file with that part and without it.
   */
  answer(session: GatewaySession, route: Route): boolean;
  /** Files that are served, those of earlier releases left out. */
  readonly count: number;
};

/** Reads what files there are. What is put there later is not served, and what is replaced is not served any more. */
export async function createStaticFiles(options: StaticFilesOptions): Promise<StaticFiles> {
  const {hasApp, fallback = null, isHashed = isHashedPath, etagOf = () => undefined} = options;
  const indexAll = (folders: readonly ServedFolder[]): Promise<FileIndex[]> =>
    Promise.all(folders.toReversed().map(folder => indexFolder(folder, etagOf)));
  const [current, previous] = await Promise.all([indexAll(options.folders), indexAll(options.previous ?? [])]);

  const folders = current.flatMap(index => [...index.keys()].map(name => findHashedFolder(`/${name}`)));
  const hashedFolders = [...new Set(folders)].filter(folder => folder !== undefined);

  /** Paths that may mean a file, without the slashes at their ends. */
  const known = new Set([...current, ...previous].flatMap(index => [...index.keys()].flatMap(requestPathsOf)));
  const isInHashedFolder = (path: string): boolean => hashedFolders.some(folder => path.startsWith(folder));

  /** Most requests for an app are for no file: they are not to pay for all that a path may mean. */
  function mayBeFile(target: string, {path: routePath}: Route): boolean {
    if (routePath !== '/' || fallback !== null) return true;
    const path = pathOf(target);
    const key = path.endsWith('/') ? path.slice(1, -1) : path.slice(1);
    return known.has(key) || path.includes('%') || isInHashedFolder(path);
  }

  function findAnswer(session: GatewaySession, route: Route): Answer {
    const {method, target} = session.request;
    if (target.startsWith(RESERVED) || (hasApp && !mayBeFile(target, route))) return 'pass';
    if (method !== 'GET' && method !== 'HEAD') return hasApp ? 'pass' : METHOD_NOT_ALLOWED;
    const path = session.upgrade === undefined ? parseFilePath(target) : undefined;
    const found = path && (findCurrent(path, route) ?? findPrevious(path, route));
    if (found !== undefined) return found;
    const page = path !== undefined && fallback !== null ? findFallback(session, path) : undefined;
    if (page !== undefined) return page;
    if (hasApp) return path !== undefined && isOurs(path) ? NOT_FOUND : 'pass';
    return (wantsHtml(session) ? findNamed(current, '404.html', 'not-found') : undefined) ?? NOT_FOUND;
  }

  function findCurrent(path: FilePath, route: Route): ChosenFile | Redirect | undefined {
    for (const candidate of candidatesOf(path, route)) {
      for (const index of current) {
        const found = findIn(index, candidate);
        if (found === 'add-slash' || found === 'remove-slash') return {redirect: found};
        if (found !== undefined) return {index, path: found, role: roleOf(path.segments)};
      }
    }
    return undefined;
  }

  function findFallback(session: GatewaySession, path: FilePath): ChosenFile | undefined {
    const isPage = asksForPage(session, path) && !isHashed(renderPath(path.segments));
    return isPage ? findNamed(current, fallback, 'fallback') : undefined;
  }

  function findPrevious(path: FilePath, route: Route): ChosenFile | undefined {
    if (previous.length === 0) return undefined;
    const isAsset = !path.isFolder && mayBeHashedPath(renderPath(path.segments));
    if (!isAsset && !isHashed(renderPath(path.segments))) return undefined;
    for (const candidate of candidatesOf(path, route)) {
      const name = candidate.segments.join('/');
      const index = isHtml(contentTypeOf(name)) ? undefined : previous.find(files => files.has(name));
      if (index !== undefined) return {index, path: name, role: roleOf(path.segments)};
    }
    return undefined;
  }

  /** An app that answers every path with its page would do so for the script of a release that is long gone. */
  const isOurs = ({segments}: FilePath): boolean => isInHashedFolder(renderPath(segments));

  const roleOf = (segments: readonly string[]) => (isHashed(renderPath(segments)) ? 'hashed' : 'asset');

  return {
    count: current.reduce((sum, index) => sum + index.size, 0),
    answer(session, route) {
      const answer = findAnswer(session, route);
      if (answer === 'pass') return false;
      if ('redirect' in answer) redirect(session, answer);
      else if ('role' in answer) sendFile(session, answer);
      else sendRefusal(session, answer);
      return true;
    },
  };
}

/** Paths that are tako's and its SDK's: see reserved-paths.ts. */
const RESERVED = '/_tako/';

type Answer = ChosenFile | Redirect | ErrorAnswer | 'pass';
type Redirect = {readonly redirect: 'add-slash' | 'remove-slash'};

/** The paths by which a file may be asked for. */
function requestPathsOf(name: string): readonly string[] {
  if (!name.endsWith('.html')) return [name];
  return [name, name.slice(0, -'.html'.length), name.replace(/(?:^|\/)index\.html$/, '')];
}

/** The file a path means in one folder. A page has one URL only, as links in it are relative to that. */
function findIn(index: FileIndex, {segments, isFolder}: FilePath): string | Redirect['redirect'] | undefined {
  const path = segments.join('/');
  const ownIndex = path === '' ? 'index.html' : `${path}/index.html`;
  if (isFolder) {
    if (index.has(ownIndex)) return ownIndex;
    return path !== '' && index.has(`${path}.html`) ? 'remove-slash' : undefined;
  }
  if (index.has(path)) return path;
  if (index.has(`${path}.html`)) return `${path}.html`;
  return index.has(ownIndex) ? 'add-slash' : undefined;
}

function findNamed(
  indexes: readonly FileIndex[],
  path: string | null,
  role: 'fallback' | 'not-found',
): ChosenFile | undefined {
  const index = path === null ? undefined : indexes.find(files => files.has(path));
  return index === undefined || path === null ? undefined : {index, path, role};
}

/** The path itself, and what of it is below the route's. */
function candidatesOf(path: FilePath, {path: routePath}: Route): FilePath[] {
  if (routePath === '/') return [path];
  const prefix = routePath.replace(/\/\*$/, '').split('/').slice(1);
  const isBelow = prefix.length > 0 && prefix[0] !== '' && prefix.every((name, depth) => path.segments[depth] === name);
  return isBelow ? [path, {...path, segments: path.segments.slice(prefix.length)}] : [path];
}

const renderPath = (segments: readonly string[]): string => `/${segments.join('/')}`;

/** A browser that goes to a page asks for HTML; what has an extension is a file and no page. */
const asksForPage = (session: GatewaySession, {segments}: FilePath): boolean =>
  wantsHtml(session) && !EXTENSION.test(segments.at(-1) ?? '');

const wantsHtml = ({request}: GatewaySession): boolean => /\btext\/html\b/i.test(request.fields.get('accept') ?? '');

/** Begins with a letter: `4.17.21` is a version. */
const EXTENSION = /\.[a-z]\w*$/i;

/** What the log, and filters of answers, find as the upstream of a file. */
const FILES: Upstream = {host: 'static', port: 0};

function sendFile(session: GatewaySession, chosen: ChosenFile): void {
  if (!(session instanceof Exchange)) throw new TypeError('a file answers requests of the engine only');
  session.upstream = FILES;
  session.onConnected(
    new FileStream({
      receiver: session,
      decide: request => decideFileAnswer(chosen, request, Date.now()),
      answerGone: () => sendRefusal(session, NOT_FOUND),
    }),
  );
}

/** Its path has no empty segment, so no browser takes it for the name of a host. */
function redirect(session: GatewaySession, {redirect: change}: Redirect): void {
  const {target} = session.request;
  const path = pathOf(target);
  const location = (change === 'add-slash' ? `${path}/` : path.slice(0, -1)) + target.slice(path.length);
  session.respond(308, {location, 'cache-control': 'no-cache'});
}

function sendRefusal(session: GatewaySession, answer: ErrorAnswer): void {
  const {headers, body} = renderErrorAnswer(answer, session.request.fields.get('accept'));
  session.respond(answer.status, answer.status === 405 ? {...headers, allow: 'GET, HEAD'} : headers, body);
}

const NOT_FOUND: ErrorAnswer = {status: 404, code: 'NOT_FOUND', message: 'there is nothing at this address'};
const METHOD_NOT_ALLOWED: ErrorAnswer = {
  status: 405,
  code: 'METHOD_NOT_ALLOWED',
  message: 'this address can only be read',
};
