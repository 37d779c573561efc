// What systemd passes to a daemon that it starts because somebody connected: the sockets of its ports.

import type {Socket} from 'node:net';
import {openListener} from '../proxy/listener.js';
import {systemClock} from '../system/clock.js';
import {inheritedDescriptors} from '../system/inherited-descriptors.js';
import type {PortName} from './machine/port-units.js';

export type PassedSockets = {
  readonly isEmpty: boolean;
  /** Nothing for a port that systemd does not have. */
  of(name: PortName): {readonly sockets?: readonly number[]};
  /**
   * Closes who waits there, and resolves when that is done. A daemon that cannot start and left them waiting would be
   * started for them again, and again.
   */
  refuse(): Promise<void>;
};

/** Apps are told nothing of them: they have a protocol of their own. */
const VARIABLES = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'] as const;
/** Whoever has connected by then is accepted by then. */
const REFUSING_MS = 200;

/** Takes them out of the environment, so that nothing else of this process's does. */
export function takeSockets(environment: NodeJS.ProcessEnv): PassedSockets {
  const passed = inheritedDescriptors(environment);
  for (const name of VARIABLES) delete environment[name];
  const of = (name: PortName): readonly number[] => passed.filter(each => each.name === name).map(({fd}) => fd);
  return {
    isEmpty: passed.length === 0,
    of: name => (of(name).length > 0 ? {sockets: of(name)} : {}),
    async refuse() {
      if (passed.length === 0) return;
      const sockets = passed.map(({fd}) => fd);
      // Where it got as far as to listen, that has closed both them and who waited.
      const listener = await openListener({port: 0, sockets, onConnection: refuse}).catch(() => undefined);
      await systemClock.sleep(REFUSING_MS);
      await listener?.close();
    },
  };
}

const refuse = (socket: Socket): void => void socket.destroy();
