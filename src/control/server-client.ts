import {once} from 'node:events';
import {createConnection} from 'node:net';
import {TakoError} from '../system/error.js';
import {type ControlClient, createControlClient} from './client.js';
import type {ServerMethods} from './server-methods.js';

/** Connects to a server's control socket on this machine. Rejects with the system's error where nobody listens. */
export async function connectServerSocket(socketPath: string): Promise<ControlClient<ServerMethods>> {
  const socket = createConnection(socketPath);
  await once(socket, 'connect');
  return createControlClient<ServerMethods>(
    socket,
    () => new TakoError('SERVER_LOST', 'the connection to the server ended', {hint: 'run the command again'}),
  );
}
