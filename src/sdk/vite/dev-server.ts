import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {installRuntime, reportReady} from '../ready.js';
import {handleStatusRequest} from '../status.js';
import {createDevApp} from './dev-app.js';
import {findPage} from './find-page.js';
import {setPageReader} from './pages.js';
import type {HttpServer, ViteDevServer, ViteRequest} from './vite-types.js';

/**
 * Fits Vite's dev server into tako, and has it ask the app's own server, if there is one, for what is no file. What comes
 * back is called when Vite's own middleware is in place.
 */
export function prepareDevServer(vite: ViteDevServer, server: string | undefined): () => void {
  // Only tako gives something, and reading waits for who does: another program's descriptor is not to be waited for.
  if (process.env.TAKO_BUILD !== undefined || process.env.TAKO_BOOTSTRAP_DATA !== undefined) installRuntime();
  const {httpServer, middlewares, config} = vite;
  httpServer?.once('listening', () => reportPort(httpServer));
  middlewares.use((request, response, next) => {
    if (!handleStatusRequest(request, response)) next();
  });
  setPageReader(async file =>
    vite.transformIndexHtml(`/${file}`, await readFile(path.join(config.root, file), 'utf8')),
  );
  return () => {
    if (server !== undefined) attachApp(vite, server);
  };
}

function reportPort(server: HttpServer): void {
  const address = server.address();
  if (typeof address === 'object' && address !== null) reportReady(address.port);
}

function attachApp(vite: ViteDevServer, server: string): void {
  const app = createDevApp(vite, server);
  vite.middlewares.use((request, response, next) => {
    const page = findPage(request, vite.config);
    // Vite has put another path there where a page of the project fits.
    request.url = page ?? request.originalUrl ?? request.url ?? '/';
    if (page === undefined) void app.answer(request, response, next);
    else next();
  });
  vite.httpServer?.on('upgrade', (request, socket, head) => {
    if (!isOfVite(request)) app.upgrade(request, socket, head);
  });
}

/** The socket of Vite's own updates, and its question whether the server is back. */
const isOfVite = ({headers}: ViteRequest): boolean => /^vite-/.test(headers['sec-websocket-protocol'] ?? '');
