// What `serve` takes, and what a main module may export: told apart by what they have.

import type {RequestListener, Server} from 'node:http';
import type {App, FetchHandler} from './app.js';
import {TakoError} from './error.js';

/** As much of Fastify as is used: it listens itself, so that its hooks run. */
export type FastifyApp = {
  readonly server: Server;
  listen(options: {readonly port: number; readonly host?: string}): Promise<unknown>;
  close(): Promise<unknown>;
};

/** Koa makes a listener of itself. */
export type KoaApp = {callback(): RequestListener};

/** Whatever answers requests: a handler of `fetch`, or what listens on Node's servers. */
export type Servable = App<never> | SimpleHandler | RequestListener | Server | FastifyApp | KoaApp;

/** By its one parameter it is told from a listener, which has two. */
export type SimpleHandler = (request: Request) => Response | Promise<Response>;

export type Recognized =
  | {readonly form: 'fetch'; readonly app: App}
  | {readonly form: 'listener'; readonly listener: RequestListener}
  | {readonly form: 'server'; readonly server: Server}
  | {readonly form: 'fastify'; readonly fastify: FastifyApp};

/** Undefined: it is nothing that answers requests. */
export function recognize(value: unknown): Recognized | undefined {
  if (typeof value === 'function') return recognizeFunction(value as AnyFunction);
  if (typeof value !== 'object' || value === null) return undefined;
  const has = (...names: readonly string[]): boolean =>
    names.every(name => typeof (value as Record<string, unknown>)[name] === 'function');
  if (has('fetch')) return {form: 'fetch', app: bindApp(value as App)};
  if (has('callback')) return {form: 'listener', listener: (value as KoaApp).callback()};
  if (has('listen', 'inject') && 'server' in value) return {form: 'fastify', fastify: value as unknown as FastifyApp};
  return has('listen', 'emit', 'address') ? {form: 'server', server: value as Server} : undefined;
}

/** As `recognize`, for what is given to `serve`. Throws NOT_SERVABLE. */
export function requireServable(value: unknown): Recognized {
  const recognized = recognize(value);
  if (recognized) return recognized;
  throw new TakoError('NOT_SERVABLE', 'what was given to serve answers no requests', {
    hint: 'give it an object with fetch, or an app of Express, Fastify, Koa or Hono, or a listener of node:http',
  });
}

type AnyFunction = ((...values: never) => unknown) & {readonly fetch?: unknown; readonly handle?: unknown};

/** Express and Connect take a third thing, `next`. Two parameters are a listener's, one is a handler's. */
function recognizeFunction(value: AnyFunction): Recognized {
  if (typeof value.fetch === 'function') return {form: 'fetch', app: bindApp(value as unknown as App)};
  const isListener = value.length >= 2 || typeof value.handle === 'function';
  if (isListener) return {form: 'listener', listener: value as RequestListener};
  return {form: 'fetch', app: withOwn(value as FetchHandler)};
}

/** A main module's default export: a function there is a handler of the contract, whose second parameter is the environment. */
export function recognizeExport(exported: unknown): Recognized | undefined {
  const value = unwrap(exported);
  const isHandler = typeof value === 'function' && value.length <= 2 && !('handle' in value);
  return isHandler && !('fetch' in value) ? {form: 'fetch', app: withOwn(value as FetchHandler)} : recognize(value);
}

/** A module compiled to CommonJS has its default export one level down. */
function unwrap(value: unknown): unknown {
  const module = value as {readonly __esModule?: unknown; readonly default?: unknown} | null | undefined;
  return module?.__esModule === true && 'default' in module ? module.default : value;
}

/** A function may have `ready` and the others as its own properties. */
const withOwn = (handler: FetchHandler & Partial<App>): App => ({
  fetch: handler,
  ready: handler.ready,
  close: handler.close,
  websocket: handler.websocket,
});

/** An instance of a class may need itself as `this`. */
const bindApp = (app: App): App => ({
  fetch: (request, server) => app.fetch(request, server),
  ready: app.ready && (() => app.ready?.()),
  close: app.close && (() => app.close?.()),
  websocket: app.websocket,
});
