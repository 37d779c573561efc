import type {IncomingMessage, RequestListener, ServerResponse} from 'node:http';
import type {App} from '../app.js';
import type {Recognized} from '../servable.js';
import type {ClientFile, ClientFiles} from './client-files.js';

/** Answers with a file where there is one, and else with the app. What listens as a whole server stays as it is. */
export function withClientFiles(recognized: Recognized, files: ClientFiles): Recognized {
  switch (recognized.form) {
    case 'fetch':
      return {form: 'fetch', app: filesBefore(recognized.app, files)};
    case 'listener':
      return {form: 'listener', listener: filesBeforeListener(recognized.listener as Handler, files)};
    default:
      return recognized;
  }
}

const filesBefore = (app: App, files: ClientFiles): App => ({
  ...app,
  fetch: (request, server) => {
    const file = files.find(request.method, new URL(request.url).pathname);
    return file ? answerWith(file, request.method) : app.fetch(request, server);
  },
});

async function answerWith(file: ClientFile, method: string): Promise<Response> {
  const content = new Uint8Array(await file.read());
  const headers = {...file.headers, 'content-length': String(content.length)};
  return new Response(method === 'HEAD' ? null : content, {headers});
}

/** Between middleware, a handler says by `next` that it does not answer. */
type Handler = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => unknown;

const filesBeforeListener =
  (listener: Handler, files: ClientFiles): RequestListener =>
  async (request, response) => {
    const file = files.find(request.method, request.url ?? '/');
    try {
      if (file) await send(file, request, response);
      else await listener(request, response, error => refuse(response, error));
    } catch (error) {
      refuse(response, error);
    }
  };

async function send(file: ClientFile, {method}: IncomingMessage, response: ServerResponse): Promise<void> {
  const content = await file.read();
  response.writeHead(200, {...file.headers, 'content-length': content.length});
  response.end(method === 'HEAD' ? undefined : content);
}

function refuse(response: ServerResponse, error: unknown): void {
  if (error) console.error(error);
  if (response.headersSent) return void response.destroy();
  response.writeHead(error ? 500 : 404, {'content-type': 'text/plain', 'cache-control': 'no-store'});
  response.end(error ? 'Internal Server Error\n' : 'Not Found\n');
}
