// The terminal's side of the apps under `tako dev`: follows the registered apps, and when the daemon dies starts another,
// registers there what that does not know, and goes on. What it hears it passes on as events; the screen and the printers
// are functions of them.

import type {AppEvent, AppStatus} from '../control/events.js';
import {type LeaveEvent, type Registration, toProblem} from '../control/protocol.js';
import type {DaemonConnection} from '../devproxy/daemon-client.js';
import {errorCode} from '../system/error.js';
import {problemLines} from '../ui/describe.js';
import type {DevEvent} from '../ui/dev-session.js';

export type DevClient = {
  subscribe(listener: (event: DevEvent) => void): () => void;
  /** Tells the subscribers something that the daemon did not. */
  notify(event: DevEvent): void;
  /** Resolves when no app is followed any more: all are removed, or `detach` was called. */
  follow(): Promise<void>;
  /** The apps that nobody has removed. */
  followed(): readonly string[];
  restart(app: string): void;
  /** Opens the apps that were asked for to the network, for as long as this terminal is there. */
  openToLan(address: string | undefined): void;
  /** Opens them, or closes them when one of them is open. */
  toggleLan(): void;
  /** Stops what nobody else wants of the apps; resolves when it has. `tell` is called before. */
  leave(tell: (event: LeaveEvent) => void): Promise<void>;
  detach(): void;
};

export type DevClientOptions = {
  readonly connection: DaemonConnection;
  /** The daemon of `connection` has them already. */
  readonly apps: readonly DevApp[];
  /** Finds or starts a daemon when the one we had is gone. */
  readonly reconnect: () => Promise<DaemonConnection>;
};

export type DevApp = {
  readonly name: string;
  /** As this terminal made it. Undefined: another one did. */
  readonly registration: Registration | undefined;
  /** Whether it is there only because another one depends on it. */
  readonly isNeeded: boolean;
};

/** A daemon that dies again and again is not started for ever. */
const MAX_RECONNECTS = 5;

type Followed = DevApp & {
  /** The id of the last line that was heard. */
  after: number;
};

export function createDevClient({connection, apps: given, reconnect}: DevClientOptions): DevClient {
  const apps = new Map(given.map((app): [string, Followed] => [app.name, {...app, after: 0}]));
  const listeners = new Set<(event: DevEvent) => void>();
  const notify = (event: DevEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const openToOthers = new Set<string>();
  let lanWish: {readonly address: string | null} | undefined;
  let current = connection;
  let isDetached = false;

  async function followAll(): Promise<void> {
    // Apps are followed also where a daemon has nothing more to say.
    current.client.call('notices', {}, {onEvent: notify}).catch(() => undefined);
    await Promise.all([...apps.values()].map(followOne));
  }

  async function followOne(app: Followed): Promise<void> {
    const {client} = current;
    const {name, isNeeded} = app;
    const onEvent = (event: AppEvent): void => {
      if (event.type === 'log') app.after = event.line.id;
      if (event.type === 'status') noteLan(event.status);
      notify(event);
    };
    // How it goes is in the status; the failure of a start is no failure of following.
    client.call('start', {name}).catch(() => undefined);
    await client.call('attach', {name, after: app.after, isNeeded}, {onEvent});
    apps.delete(name);
    const text = `${name} was stopped by another command`;
    notify(apps.size > 0 ? {type: 'notice', level: 'info', text} : {type: 'ended', reason: text});
  }

  const askedFor = (): readonly string[] => [...apps.values()].filter(({isNeeded}) => !isNeeded).map(({name}) => name);

  /** Whoever closes them closes them for all: this terminal does not want it any more either. */
  function noteLan({name, lan}: AppStatus): void {
    if (!askedFor().includes(name)) return;
    if (lan !== null) openToOthers.add(name);
    else if (openToOthers.delete(name) && openToOthers.size === 0) lanWish = undefined;
  }

  function openToLan(address: string | null): void {
    lanWish = {address};
    current.client.call('lanOn', {names: askedFor(), address, stays: false}).catch(error => {
      lanWish = undefined;
      notify({type: 'notice', level: 'error', text: problemLines(toProblem(error)).join('\n')});
    });
  }

  /** Another daemon has read what was registered, and what was said. All are there before any starts, as at first. */
  async function followAnew(): Promise<void> {
    const {client} = current;
    const known = (await client.call('list', {})).apps.map(({name}) => name);
    for (const app of apps.values()) {
      if (known.includes(app.name)) continue;
      if (app.registration) await client.call('register', {registration: app.registration});
      else apps.delete(app.name);
    }
    openToOthers.clear();
    if (lanWish) openToLan(lanWish.address);
    await followAll();
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
          return await (reconnects === 0 ? followAll() : followAnew());
        } catch (error) {
          if (isDetached) return;
          if (errorCode(error) !== 'DAEMON_LOST' || reconnects === MAX_RECONNECTS) throw error;
          notify({type: 'notice', level: 'warning', text: 'the daemon is gone; starting it again'});
          current = await reconnect();
          if (isDetached) return current.client.close();
        }
      }
    },
    followed: () => [...apps.keys()],
    restart(name) {
      current.client.call('restart', {name}).catch(error => {
        // All else is in the status.
        if (errorCode(error) === 'NO_SUCH_APP') {
          notify({type: 'notice', level: 'warning', text: `${name} is stopped; run "tako dev" again to start it`});
        }
      });
    },
    openToLan: address => openToLan(address ?? null),
    toggleLan() {
      if (openToOthers.size === 0) openToLan(lanWish?.address ?? null);
      else void current.client.call('lanOff', {names: [...openToOthers]}).catch(() => undefined);
    },
    async leave(tell) {
      isDetached = true;
      const names = askedFor();
      const leaveOnce = (): Promise<unknown> => current.client.call('leave', {names}, {onEvent: tell});
      try {
        await leaveOnce();
      } catch (error) {
        if (errorCode(error) !== 'DAEMON_LOST') throw error;
        // The next one knows the apps too, and would start them for a request.
        current = await reconnect();
        await leaveOnce();
      } finally {
        current.client.close();
      }
    },
    detach() {
      isDetached = true;
      current.client.close();
    },
  };
}
