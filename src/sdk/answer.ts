// What all runtimes do alike with an app that exports a handler.

import type {App, AppServer} from './app.js';
import {readBootstrap} from './bootstrap.js';
import {tako} from './tako.js';

/** The variables of the environment, as handlers of the contract get them beside the request, and what they can ask for. */
export function createAppServer<Data>(upgrade: AppServer<Data>['upgrade']): AppServer<Data> {
  return Object.freeze(Object.assign(Object.create({upgrade}), process.env));
}

/**
 * The app's answer. Undefined: the request has become a WebSocket, as `isUpgraded` says. What the app throws is logged and
 * answered with 500.
 */
export async function answerRequest<Data>(
  app: App<Data>,
  request: Request,
  server: AppServer<Data>,
  isUpgraded: () => boolean,
): Promise<Response | undefined> {
  try {
    const answer = await app.fetch(request, server);
    if (isResponse(answer)) return answer;
    if (answer === undefined && isUpgraded()) return undefined;
    const own = (answer as {_response?: unknown} | undefined)?._response;
    if (isResponse(own)) return own;
    throw new TypeError(
      `fetch gave ${describe(answer)} for ${request.method} ${new URL(request.url).pathname}, not a Response`,
    );
  } catch (error) {
    return answerFailure(error);
  }
}

/** Logs it, and answers with 500 in the way of the contract. */
export function answerFailure(error: unknown): Response {
  tako.logger.error('a request failed', {error});
  return Response.json({error: 'Internal Server Error'}, {status: 500});
}

/** By what it has: a framework may bring a class of its own. */
function isResponse(value: unknown): value is Response {
  if (value instanceof Response) return true;
  const candidate = value as Partial<Response> | null | undefined;
  return (
    typeof candidate?.status === 'number' && typeof candidate.headers?.forEach === 'function' && 'body' in candidate
  );
}

const describe = (value: unknown): string =>
  value === undefined || value === null ? String(value) : `a ${typeof value}`;

/** Whether the client came by HTTPS, as tako says. Nobody else is believed: anyone can write that field. */
export function cameByHttps(forwardedProto: string | null | undefined): boolean {
  if (!forwardedProto || readBootstrap() === undefined) return false;
  return /^(?:https|wss)$/i.test(forwardedProto.slice(forwardedProto.lastIndexOf(',') + 1).trim());
}

/** Bun and Deno make requests themselves: the address is put right on the very object, as only that one can be upgraded. */
export function correctScheme(request: Request): Request {
  if (!cameByHttps(request.headers.get('x-forwarded-proto'))) return request;
  return Object.defineProperty(request, 'url', {value: request.url.replace(/^http:/, 'https:')});
}
