import type {App} from '../app.js';
import type {ListenAddress, RunningServer} from '../running-server.js';
import {createFetchServer} from './fetch-server.js';
import {listenOn} from './listen.js';
import {attendRequests} from './requests.js';

/** Throws PORT_IN_USE. */
export async function serveOnNode<Data>(app: App<Data>, address: ListenAddress): Promise<RunningServer> {
  const {server, closeWebSockets} = createFetchServer(app);
  const requests = attendRequests(server);
  return {
    port: await listenOn(server, address),
    server,
    async drain() {
      await Promise.all([requests.drain(), closeWebSockets()]);
    },
  };
}
