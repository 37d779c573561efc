// The terminal's side of one app under `tako dev`: follows the registered app, and when the daemon dies starts another,
// registers it there and goes on. What it hears it passes on as events; the screen and the printers are functions of them.

import type {AppEvent} from '../control/events.js';
import type {Registration} from '../control/protocol.js';
import type {DaemonConnection} from '../devproxy/daemon-client.js';
import {errorCode} from '../system/error.js';
import type {DevEvent} from '../ui/dev-session.js';

export type DevClient = {
  subscribe(listener: (event: DevEvent) => void): () => void;
  /** Tells the subscribers something that the daemon did not. */
  notify(event: DevEvent): void;
  /** Resolves when the app is no longer followed: removed, or `detach` was called. */
  follow(): Promise<void>;
  restart(): void;
  /** Stops the app and forgets it. */
  remove(): Promise<void>;
  detach(): void;
};

export type DevClientOptions = {
  readonly connection: DaemonConnection;
  /** As the daemon of `connection` has it already. */
  readonly registration: Registration;
  /** Finds or starts a daemon when the one we had is gone. */
  readonly reconnect: () => Promise<DaemonConnection>;
};

/** A daemon that dies again and again is not started for ever. */
const MAX_RECONNECTS = 5;

export function createDevClient({connection, registration, reconnect}: DevClientOptions): DevClient {
  const {name} = registration;
  const listeners = new Set<(event: DevEvent) => void>();
  const notify = (event: DevEvent): void => {
    for (const listener of listeners) listener(event);
  };
  let current = connection;
  let after = 0;
  let isDetached = false;

  const onEvent = (event: AppEvent): void => {
    if (event.type === 'log') after = event.line.id;
    notify(event);
  };
  async function followOnce(isNewDaemon: boolean): Promise<void> {
    const {client} = current;
    if (isNewDaemon) await client.call('register', {registration});
    // How it goes is in the status; the failure of a start is no failure of following.
    client.call('start', {name}).catch(() => undefined);
    await client.call('attach', {name, after}, {onEvent});
  }

  return {
    notify,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async follow() {
      for (let reconnects = 0; ; reconnects++) {
        try {
          await followOnce(reconnects > 0);
          return notify({type: 'ended', reason: `${name} was stopped by another command`});
        } catch (error) {
          if (isDetached) return;
          if (errorCode(error) !== 'DAEMON_LOST' || reconnects === MAX_RECONNECTS) throw error;
          notify({type: 'notice', level: 'warning', text: 'the daemon is gone; starting it again'});
          current = await reconnect();
          if (isDetached) return current.client.close();
          // Another daemon counts its lines anew.
          after = 0;
        }
      }
    },
    restart: () => void current.client.call('restart', {name}).catch(() => undefined),
    async remove() {
      isDetached = true;
      const isRemoved = await removeFrom(current, name);
      if (!isRemoved) {
        // The daemon died: the next one knows the app too, and would start it for a request.
        current = await reconnect();
        await removeFrom(current, name);
      }
      current.client.close();
    },
    detach() {
      isDetached = true;
      current.client.close();
    },
  };
}

/** False when the daemon was lost before it answered. */
async function removeFrom({client}: DaemonConnection, name: string): Promise<boolean> {
  try {
    await client.call('remove', {name});
    return true;
  } catch (error) {
    if (errorCode(error) === 'DAEMON_LOST') return false;
    // Another command may have stopped it first.
    if (errorCode(error) === 'NO_SUCH_APP') return true;
    throw error;
  }
}
