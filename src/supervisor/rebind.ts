import type {Clock} from '../system/clock.js';
import {type Endpoint, isSameEndpoint, type Listener} from './endpoint.js';
import {accepts, locateFirst} from './probe.js';
import {within} from './race.js';
import type {ReadinessSigns} from './readiness-signs.js';

/**
 * How long a listener that is not where the app is expected waits for one that is. Before it is ready: some apps open
 * metrics or a socket for hot reload first. Afterwards: a server that closes is likely to open its port again.
 */
export const GRACE_MS = 1_000;

/**
 * Tells of each place where a ready app comes to listen instead, and of the present one when the app listens there anew,
 * as under nodemon; until nobody wants to know. Then it rejects.
 */
export async function followRebinds(first: Endpoint, signs: ReadinessSigns, clock: Clock): Promise<never> {
  const {reports, isPinned, over} = signs;
  let current = first;
  let version = reports.version();
  let newest = newestOf(signs)?.id;
  let server = serverAt(first, signs);
  const staysAway = async (): Promise<boolean> =>
    !(await within(GRACE_MS, clock, until => reports.changedSince(version, until)));
  for (;;) {
    await reports.changedSince(version, over);
    version = reports.version();
    const isAnotherOpen = newestOf(signs)?.id !== newest;
    newest = newestOf(signs)?.id;
    const known = await findKnownPlace(first, current, signs);
    const mayBeElsewhere = !known && !isPinned && (isAnotherOpen || (await staysAway()));
    const next = mayBeElsewhere ? await locateFirst(newestFirst(signs)) : known;
    over.throwIfAborted();
    // Its first report may come only after it was found ready in another way.
    const isAnew = server !== undefined && isAnotherOpen && serverAt(current, signs) === newest && server !== newest;
    server = serverAt(next ?? current, signs) ?? server;
    if (next && (isAnew || !isSameEndpoint(next, current))) {
      current = next;
      signs.moved(next);
    }
  }
}

/** On PORT, else where it was at first, else where it is. */
async function findKnownPlace(
  first: Endpoint,
  current: Endpoint,
  signs: ReadinessSigns,
): Promise<Endpoint | undefined> {
  const ports = signs.isPinned ? [signs.port] : [signs.port, first.port, current.port];
  const listeners = newestFirst(signs);
  const reported = await locateFirst(ports.flatMap(port => listeners.filter(listener => listener.port === port)));
  return reported ?? ((await accepts(current.host, current.port)) ? current : undefined);
}

/** The newest listener on that port, by its id. */
const serverAt = ({port}: Endpoint, signs: ReadinessSigns): string | undefined =>
  newestFirst(signs).find(listener => listener.port === port)?.id;

const newestFirst = ({reports}: ReadinessSigns): readonly Listener[] => reports.listeners().toReversed();
const newestOf = ({reports}: ReadinessSigns): Listener | undefined => reports.listeners().at(-1);
