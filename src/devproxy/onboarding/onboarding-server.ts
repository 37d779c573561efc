import {once} from 'node:events';
import {createServer, type Server, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {createIpNetworks} from '../../proxy/ip-networks.js';
import {errorCode} from '../../system/error.js';
import type {LanNetwork} from '../lan/network.js';
import type {Onboarding, OnboardingAnswer} from './onboarding.js';

/** The onboarding pages by themselves, as they are served while nothing of tako listens on the network. */
export type OnboardingServer = {readonly url: string; close(): Promise<void>};

export type OnboardingServerOptions = {
  readonly network: Pick<LanNetwork, 'address' | 'subnets'>;
  readonly onboarding: Onboarding;
  /** To be tried, the best first; 0 is any. */
  readonly ports: readonly number[];
};

const HTTP_PORT = 80;

/** Serves every device of the network and no other. Throws what the system says of the last port. */
export async function startOnboardingServer(options: OnboardingServerOptions): Promise<OnboardingServer> {
  const {network, onboarding, ports} = options;
  const isWelcome = createIpNetworks(network.subnets).has;
  const server = createServer((request, response) =>
    answer(
      response,
      onboarding({
        method: request.method ?? '',
        target: request.url ?? '',
        origin,
        userAgent: request.headers['user-agent'] ?? '',
      }),
    ),
  );
  server.on('connection', socket => {
    if (!isWelcome(socket.remoteAddress ?? '')) socket.destroy();
  });
  const port = await listenOnFirst(server, network.address, ports);
  const origin = `http://${network.address}${port === HTTP_PORT ? '' : `:${port}`}`;
  return {
    url: `${origin}/`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** For HEAD, node:http leaves the body out by itself. */
function answer(response: ServerResponse, {status, headers, body}: OnboardingAnswer): void {
  response.writeHead(status, {...headers, connection: 'close'}).end(body);
}

async function listenOnFirst(server: Server, host: string, ports: readonly number[]): Promise<number> {
  const [port = 0, ...others] = ports;
  try {
    server.listen({host, port});
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  } catch (error) {
    if (others.length === 0 || !['EACCES', 'EADDRINUSE'].includes(errorCode(error) ?? '')) throw error;
    return listenOnFirst(server, host, others);
  }
}
