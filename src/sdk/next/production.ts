// Runs an app of Next in production: bundled into one file, which a build copies beside the server that it made.

import {Server} from 'node:http';
import {adoptServer} from './adopt-server.js';

/** Starts the server.js of a standalone build in this process. */
export async function serveNext(server: URL): Promise<void> {
  adoptServer(() => process.env.__NEXT_PRIVATE_STANDALONE_CONFIG ?? '');
  const {HOST, PORT} = process.env;
  // It listens on every address unless it is told otherwise, and reads HOSTNAME for that.
  if (HOST !== undefined && HOST !== '') process.env.HOSTNAME = HOST;
  if (PORT === '0') listenAnywhere();
  await import(server.href);
}

/** It takes 0 for 3000; tako's contract means a port that the system chooses. */
function listenAnywhere(): void {
  const {listen} = Server.prototype;
  Server.prototype.listen = function (this: Server, _port: number, host?: string) {
    Server.prototype.listen = listen;
    return Reflect.apply(listen, this, [0, host]) as Server;
  } as typeof listen;
}
