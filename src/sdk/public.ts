// What `tako.sh` exports: what an app may know and use of where it runs. See docs/sdk.md.

import {serveMainModule} from './main-module.js';
import {installRuntime} from './ready.js';

export type {App, AppServer, FetchHandler, UpgradeOptions} from './app.js';
export type {StorageBinding} from './bootstrap.js';
export {TakoError} from './error.js';
export type {Trailers} from './exchange.js';
export type {LogFields, Logger, LogLevel} from './logger.js';
export {readTrailers, sendEarlyHints, setTrailers} from './request-extras.js';
export type {FastifyApp, KoaApp, Servable, SimpleHandler} from './servable.js';
export {type Served, type ServeOptions, serve} from './serve.js';
export {handleStatus, handleStatusRequest} from './status.js';
export {type Tako, tako} from './tako.js';
export type {AppSocket, WebSocketHandlers} from './websocket/handlers.js';

/** The names of an app's secrets. `tako generate` adds them: `interface TakoSecrets {readonly DATABASE_URL: string}`. */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be added to.
export interface TakoSecrets {}

/** The storages of an app, added in the same way. */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be added to.
export interface TakoStorages {}

/** Other types of an app: `Env`, the names of its environments. */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be added to.
export interface TakoTypeRegistry {}

export type EnvironmentName = TakoTypeRegistry extends {readonly Env: infer Name extends string} ? Name : string;

/** Without generated types, any name. */
export type Secrets = keyof TakoSecrets extends never
  ? Readonly<Record<string, string | undefined>>
  : Readonly<TakoSecrets>;

/** Without generated types, any name. */
export type Storages = keyof TakoStorages extends never
  ? Readonly<Record<string, Readonly<Record<string, string | number | boolean | undefined>> | undefined>>
  : Readonly<TakoStorages>;

// At once, so that child processes do not get it, and worker threads do.
installRuntime();
serveMainModule();
