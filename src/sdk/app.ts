import type {WebSocketHandlers} from './websocket/handlers.js';

/** What an app can ask of what serves it. Bun's server has the same method. */
export type AppServer<Data = unknown> = {
  /**
   * Makes a WebSocket of the request; what `data` is, its socket has. The handler then returns nothing. False: it is no
   * request for one, and the handler answers it.
   */
  upgrade(request: Request, options?: UpgradeOptions<Data>): boolean;
};

export type UpgradeOptions<Data> = {
  readonly data?: Data;
  /** Further fields of the answer: a cookie, the subprotocol. */
  readonly headers?: RequestInit['headers'];
};

// biome-ignore lint/suspicious/noConfusingVoidType: a handler that upgrades has no return statement.
type Answer = Response | undefined | void;

/** Answers a request. After an upgrade it answers nothing. */
export type FetchHandler<Data = unknown> = (request: Request, server: AppServer<Data>) => Answer | Promise<Answer>;

/** What an app's main module exports as its default. */
export type App<Data = unknown> = {
  readonly fetch: FetchHandler<Data>;
  /** Awaited before the app listens. What it throws ends the process, and requests go elsewhere. */
  readonly ready?: (() => unknown) | undefined;
  /** Awaited at the end, when no request is in flight any more. */
  readonly close?: (() => unknown) | undefined;
  /** Without it no request becomes a WebSocket. */
  readonly websocket?: WebSocketHandlers<Data> | undefined;
};
