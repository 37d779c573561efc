import {once} from 'node:events';
import {createServer, type RequestListener} from 'node:http';
import {type AddressInfo, connect} from 'node:net';
import {onTestFinished} from 'vitest';

/** An upstream of a test's own; gives its port. Closed with the test. */
export async function listen(onRequest: RequestListener): Promise<number> {
  const server = createServer(onRequest);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

export type SlowUpstream = {
  readonly port: number;
  /** Resolves when it has been asked. */
  readonly arrived: Promise<void>;
  /** Lets it answer `worth the wait`. */
  release(): void;
};

/** Answers when it is told to, and health checks at once. */
export async function startSlowUpstream(): Promise<SlowUpstream> {
  const arrived = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const port = await listen(async (request, response) => {
    if (request.url !== '/health') {
      arrived.resolve();
      await released.promise;
    }
    response.end('worth the wait');
  });
  return {port, arrived: arrived.promise, release: () => released.resolve()};
}

/** Resolves when nothing listens on the port any more. */
export async function untilRefused(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (!isOpen) return;
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}
