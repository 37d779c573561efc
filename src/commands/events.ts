import type {ControlClient} from '../control/client.js';
import type {DaemonEvent, DaemonEventType} from '../control/protocol.js';
import {type DaemonConnection, findDaemon} from '../devproxy/daemon-client.js';
import {systemClock} from '../system/clock.js';
import {errorCode} from '../system/error.js';
import type {LoggedEvent} from '../ui/event-lines.js';
import {type Context, createContext, requireDaemon} from './context.js';

export type EventsFlags = {
  readonly app?: readonly string[];
  readonly type?: readonly (DaemonEventType | 'notice')[];
  readonly json?: boolean;
};

/** Prints the status of every app and all that happens from then on, over the end of the daemon, until it is left. */
export async function events(flags: EventsFlags): Promise<void> {
  const context = createContext();
  const first = await requireDaemon(context);
  const print = await createPrinter(flags);
  const notice = (level: 'info' | 'warning', text: string): void => print({type: 'notice', level, text});
  const follower = createFollower(flags, print);
  for (let connection = first; ; connection = await nextDaemon(context)) {
    if (connection !== first) notice('info', `the daemon is there again: pid ${connection.info.pid}`);
    if ((await follower.follow(connection.client)) === 'unread') return;
    notice('warning', 'the daemon is gone; waiting for the next one');
  }
}

type Follower = {
  /** Resolves when the daemon is gone, or when nobody reads what is printed. */
  follow(client: ControlClient): Promise<'lost' | 'unread'>;
};

/** Knows how far it has come, so that another daemon repeats nothing. */
function createFollower({app: apps, type}: EventsFlags, print: (event: LoggedEvent) => void): Follower {
  const {stdout} = process;
  const types = type?.filter((one): one is DaemonEventType => one !== 'notice');
  const after: Record<string, number> = {};
  let since = systemClock.now();
  let isRead = true;
  let current: ControlClient | undefined;
  stdout.on('error', () => {
    isRead = false;
    current?.close();
  });
  stdout.on('drain', () => current?.resume());
  const onEvent = (event: DaemonEvent): void => {
    if (event.type === 'log') after[event.app] = event.line.id;
    print(event);
    // What is not read here waits in the daemon, which keeps the newest and counts the rest.
    if (stdout.writableNeedDrain) current?.pause();
  };
  return {
    async follow(client) {
      current = client;
      try {
        const query = {after, since, ...(apps ? {apps} : {}), ...(types ? {types} : {})};
        await client.call('events', query, {onEvent});
      } catch (error) {
        if (isRead && errorCode(error) !== 'DAEMON_LOST') throw error;
      } finally {
        client.close();
      }
      since = systemClock.now();
      return isRead ? 'lost' : 'unread';
    },
  };
}

const LOOK_MS = 250;

/** Waits for somebody to start one. */
async function nextDaemon({files, version}: Context): Promise<DaemonConnection> {
  for (;;) {
    const found = await findDaemon(files, version);
    if (found) return found;
    await systemClock.sleep(LOOK_MS);
  }
}

/** Of what was asked for. */
async function createPrinter({json, type}: EventsFlags): Promise<(event: LoggedEvent) => void> {
  const render = json
    ? (event: LoggedEvent): string => JSON.stringify(event)
    : (await import('../ui/event-lines.js')).createEventLines(process.stdout, process.env);
  return event => {
    if (event.type === 'notice' && type?.includes('notice') === false) return;
    const text = render(event);
    if (text !== '') process.stdout.write(`${text}\n`);
  };
}
