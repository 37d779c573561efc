// The parts of Vite that the plugin uses, by their shape: they are the same in Vite 6, 7 and 8, and an app's Vite is its own.

import type {IncomingMessage, Server, ServerResponse} from 'node:http';
import type {Duplex} from 'node:stream';

/** What the plugin reads of the settings that were written. */
export type WrittenSettings = {
  root?: string;
  server?: {allowedHosts?: true | string[]};
  build?: {outDir?: string};
};

/** What it adds to them. */
export type AddedSettings = {
  server?: {host?: string; port?: number; strictPort?: boolean; allowedHosts?: string[]};
  /** Has `vite build` make all environments. */
  builder?: Record<string, never>;
  environments?: Record<string, {build: BuildSettings}>;
};

type BuildSettings = {
  outDir: string;
  copyPublicDir?: boolean;
  emptyOutDir?: boolean;
  rollupOptions?: {input: Record<string, string>};
};

export type ViteCommand = {command: 'build' | 'serve'; isPreview?: boolean};

/** The settings when all plugins have added theirs. */
export type ResolvedSettings = {
  root: string;
  base: string;
  build: {outDir: string; ssr?: unknown};
};

export type ViteRequest = IncomingMessage & {originalUrl?: string};
export type Next = (error?: unknown) => void;
export type Middleware = (request: ViteRequest, response: ServerResponse, next: Next) => void;

export type ViteDevServer = {
  /** `custom`: it answers with no pages. `base` begins and ends with a slash. */
  config: {root: string; base: string; appType: string};
  middlewares: {use(middleware: Middleware): unknown};
  /** Null where another server has Vite in it. */
  httpServer: HttpServer | null;
  ssrLoadModule(url: string): Promise<Record<string, unknown>>;
  ssrFixStacktrace(error: Error): void;
  transformIndexHtml(url: string, html: string, originalUrl?: string): Promise<string>;
};

export type HttpServer = Pick<Server, 'address'> & {
  once(event: 'listening', listener: () => void): unknown;
  on(event: 'upgrade', listener: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): unknown;
};

/** What a build has made, by the name of its file. */
export type Bundle = Record<string, OutputFile>;
export type OutputFile =
  | {type: 'asset'}
  | {type: 'chunk'; fileName: string; name: string; isEntry: boolean; exports: string[]};

/** The `this` of a hook that ends a build. */
export type BuildContext = {
  environment?: {name: string; config: {consumer: string; build: {outDir: string}}};
  emitFile(file: {type: 'asset'; fileName: string; source: string}): unknown;
  warn(message: string): void;
};
