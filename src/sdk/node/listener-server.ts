// Apps that answer requests of node:http: Express, Koa, Fastify, a listener, a server. On Bun and Deno it is their node:http.

import {createServer} from 'node:http';
import type {ListenAddress, RunningServer} from '../running-server.js';
import type {Recognized} from '../servable.js';
import {explainFailure, listenOn, portOf} from './listen.js';
import {attendRequests} from './requests.js';

type ListenerApp = Exclude<Recognized, {form: 'fetch'}>;

/** Throws PORT_IN_USE. */
export async function serveListener(app: ListenerApp, address: ListenAddress): Promise<RunningServer> {
  if (app.form === 'fastify') return serveFastify(app.fastify, address);
  const server = app.form === 'server' ? app.server : createServer(app.listener);
  const requests = attendRequests(server);
  return {port: await listenOn(server, address), server, drain: requests.drain};
}

/** It listens and closes by itself, so that its plugins and hooks know. */
async function serveFastify(
  fastify: Extract<ListenerApp, {form: 'fastify'}>['fastify'],
  {port, host}: ListenAddress,
): Promise<RunningServer> {
  const {server} = fastify;
  const requests = attendRequests(server);
  await fastify
    .listen(host === undefined ? {port, host: '::'} : {port, host})
    .catch(error => explainFailure(error, port));
  return {
    port: portOf(server),
    server,
    async drain() {
      await requests.drain();
      await fastify.close();
    },
  };
}
