// The server of an app while it is developed: Vite runs its module, and a new one when something in it was edited.

import type {IncomingMessage, RequestListener, ServerResponse} from 'node:http';
import path from 'node:path';
import type {Duplex} from 'node:stream';
import {createFetchServer} from '../node/fetch-server.js';
import type {Recognized} from '../servable.js';
import {type Module, recognizeModule} from './recognize-module.js';
import type {Next, ViteDevServer} from './vite-types.js';

export type DevApp = {
  /** With what went wrong while the module was loaded, Vite's own error page answers. */
  answer(request: IncomingMessage, response: ServerResponse, next: Next): Promise<void>;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
};

/** The app at one edit. Nothing of it listens: it is given what came to Vite's server. */
type Version = {
  readonly module: Module;
  readonly handle: (request: IncomingMessage, response: ServerResponse, next: Next) => unknown;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Ends what is open of it. */
  retire(): Promise<void>;
  /** Settles when its `ready` has. */
  readonly ready: Promise<unknown>;
};

export function createDevApp(vite: ViteDevServer, file: string): DevApp {
  const url = moduleUrl(vite.config.root, file);
  let current: Version | undefined;
  const load = async (): Promise<Version> => {
    const module = await vite.ssrLoadModule(url);
    if (current?.module !== module) {
      void current?.retire();
      current = createVersion(module, file);
    }
    const version = current;
    await version.ready;
    return version;
  };
  return {
    answer: async (request, response, next) => {
      try {
        (await load()).handle(request, response, next);
      } catch (error) {
        if (error instanceof Error) vite.ssrFixStacktrace(error);
        next(error);
      }
    },
    upgrade: (request, socket, head) => {
      load().then(
        ({upgrade}) => upgrade(request, socket, head),
        () => socket.destroy(),
      );
    },
  };
}

/** As Vite names modules: below the root of the project, or by their place. */
function moduleUrl(root: string, file: string): string {
  const place = path.resolve(root, file);
  const relative = path.relative(root, place);
  return relative.startsWith('..') ? place : `/${relative.replaceAll(path.sep, '/')}`;
}

function createVersion(module: Module, file: string): Version {
  const recognized = recognizeModule(module, file);
  return {module, ready: Promise.resolve(readyOf(recognized)), ...handlersOf(recognized)};
}

const readyOf = (recognized: Recognized): unknown =>
  recognized.form === 'fetch' ? recognized.app.ready?.() : undefined;

type Handlers = Pick<Version, 'handle' | 'upgrade' | 'retire'>;

function handlersOf(recognized: Recognized): Handlers {
  if (recognized.form === 'listener') return handlersOfListener(recognized.listener);
  const {server, retire} = serverOf(recognized);
  return {
    handle: (request, response) => void server.emit('request', request, response),
    upgrade: (request, socket, head) => {
      if (!server.emit('upgrade', request, socket, head)) socket.destroy();
    },
    retire,
  };
}

const handlersOfListener = (listener: RequestListener): Handlers => ({
  handle: async (request, response, next) => {
    try {
      await (listener as Version['handle'])(request, response, next);
    } catch (error) {
      next(error);
    }
  },
  upgrade: (_, socket) => void socket.destroy(),
  retire: async () => {},
});

function serverOf(recognized: Exclude<Recognized, {form: 'listener'}>) {
  if (recognized.form === 'server') return {server: recognized.server, retire: async () => {}};
  if (recognized.form === 'fastify') return {server: recognized.fastify.server, retire: async () => {}};
  const {server, closeWebSockets} = createFetchServer(recognized.app);
  return {server, retire: closeWebSockets};
}
