// The question tako asks of an app of the contract: GET /status with the Host `<app>.tako` and the token that
// was delivered. The answer repeats the token, so that another program that took the port is not taken for it.
// Requests for all other hosts are the app's own, whatever they ask for.

import {Buffer} from 'node:buffer';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {readBootstrap} from './bootstrap.js';
import {runtimeState} from './runtime-state.js';

/** The header that carries the token both ways. */
const TOKEN_HEADER = 'x-tako-internal-token';

/** The internal hosts of apps end with it. */
const INTERNAL_SUFFIX = '.tako';

type Question = {readonly method: string; readonly path: string; readonly token: string};

type Answer = {readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string};

/** The answer to tako's own question. Undefined: the request is the app's. */
export function handleStatus(request: Request): Response | undefined {
  const host = request.headers.get('host') ?? undefined;
  if (!isInternalHost(host)) return undefined;
  const answer = answerQuestion({
    method: request.method,
    path: new URL(request.url).pathname,
    token: request.headers.get(TOKEN_HEADER) ?? '',
  });
  return answer && new Response(answer.body, {status: answer.status, headers: {...answer.headers}});
}

/** The same for servers of node:http. False: nothing was answered, the request is the app's. */
export function handleStatusRequest(request: IncomingMessage, response: ServerResponse): boolean {
  if (!isInternalHost(request.headers.host)) return false;
  const answer = answerQuestion({
    method: request.method ?? 'GET',
    path: (request.url ?? '/').split('?', 1)[0] ?? '/',
    token: String(request.headers[TOKEN_HEADER] ?? ''),
  });
  if (!answer) return false;
  response.writeHead(answer.status, {...answer.headers, 'content-length': Buffer.byteLength(answer.body)});
  response.end(request.method === 'HEAD' ? undefined : answer.body);
  return true;
}

function answerQuestion({method, path, token}: Question): Answer | undefined {
  const expected = readBootstrap()?.token ?? '';
  // Nobody asks an app that was given no token.
  if (expected === '') return undefined;
  if (!isSame(token, expected)) return json(403, {error: 'Forbidden'});
  const proof = {[TOKEN_HEADER]: expected};
  if (path !== '/status') return json(404, {error: 'Not Found'}, proof);
  if (method !== 'GET' && method !== 'HEAD') {
    return json(405, {error: 'Method Not Allowed'}, {...proof, allow: 'GET, HEAD'});
  }
  return json(200, describeProcess(), proof);
}

/** Cheap for what nearly every request has: another host. Where the app was not told its name, it answers to any. */
function isInternalHost(host: string | undefined): boolean {
  if (host === undefined || !/\.tako(?::\d+)?$/i.test(host)) return false;
  const app = appName();
  return app === undefined || host.toLowerCase().replace(/:\d+$/, '') === `${app}${INTERNAL_SUFFIX}`;
}

/** The name without its environment: of `shop/production` it is `shop`. */
const appName = (): string | undefined => process.env.TAKO_APP_NAME?.split('/', 1)[0]?.toLowerCase() || undefined;

/** Takes as long for any two texts of the same length. */
function isSame(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let index = 0; index < one.length; index++) difference |= one.charCodeAt(index) ^ other.charCodeAt(index);
  return difference === 0;
}

const describeProcess = (): object => ({
  status: runtimeState().phase,
  app: appName() ?? null,
  version: process.env.TAKO_BUILD ?? null,
  instance_id: instanceId() ?? null,
  pid: process.pid,
  uptime_seconds: Math.floor(process.uptime()),
});

/** As an argument of the launcher, or in the environment. */
function instanceId(): string | undefined {
  const index = process.argv.indexOf('--instance');
  return (index === -1 ? undefined : process.argv[index + 1]) ?? process.env.TAKO_INSTANCE;
}

const json = (status: number, body: object, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: {'content-type': 'application/json', 'cache-control': 'no-store', ...headers},
  body: JSON.stringify(body),
});
