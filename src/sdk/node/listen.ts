import {once} from 'node:events';
import type {Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {errorCode, TakoError} from '../error.js';
import type {ListenAddress} from '../running-server.js';

/** The port it then listens on. Throws PORT_IN_USE. */
export async function listenOn(server: Server, {port, host}: ListenAddress): Promise<number> {
  if (!server.listening) {
    const listening = once(server, 'listening');
    server.listen(host === undefined ? {port} : {port, host});
    await listening.catch(error => explainFailure(error, port));
  }
  return portOf(server);
}

export const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** Throws PORT_IN_USE for what means that, else the error itself. */
export function explainFailure(error: unknown, port: number): never {
  if (errorCode(error) !== 'EADDRINUSE') throw error;
  throw new TakoError('PORT_IN_USE', `port ${port} is already in use`, {
    hint: 'set PORT to another one; PORT=0 takes any that is free',
    cause: error,
  });
}
