// Runs an app of Next in production: bundled into one file, which a build copies beside the server that it made.

import {Server} from 'node:http';
import {adoptServer} from './adopt-server.js';

/** Starts the server.js of a standalone build in this process. */
export async function serveNext(server: URL): Promise<void> {
  adoptServer(() => process.env.__NEXT_PRIVATE_STANDALONE_CONFIG ?? '');
  const {HOST, PORT} = process.env;
  listenOn(HOST || undefined, PORT === '0' ? 0 : undefined);
  // Next compares the addresses that middleware rewrites to with this name, and has written 127.0.0.1 in them as localhost.
  if (HOST) process.env.HOSTNAME = 'localhost';
  await import(server.href);
}

/** Next takes the port 0 for 3000, where tako's contract means one that the system chooses. */
function listenOn(ownHost: string | undefined, ownPort: number | undefined): void {
  const {listen} = Server.prototype;
  Server.prototype.listen = function (this: Server, port: number, host?: string) {
    Server.prototype.listen = listen;
    return Reflect.apply(listen, this, [ownPort ?? port, ownHost ?? host]) as Server;
  } as typeof listen;
}
