import type {Bequest} from './handover.js';
import type {HandoverTableInput} from './handover-table.js';
import type {HeldApps} from './held-apps.js';
import type {HeldServers} from './held-servers.js';
import type {ListeningSockets} from './listening-sockets.js';
import type {ServerKeeper} from './server-keeper.js';
import type {Session, SessionWorld} from './session.js';

export type BequestParts = {
  readonly apps: HeldApps;
  readonly servers: HeldServers;
  readonly keeper: ServerKeeper;
  readonly session: Session;
  readonly sockets: ListeningSockets['sockets'];
  readonly baggage: SessionWorld['baggage'];
  /** Somebody beside a server process has asked for a reload. */
  readonly isReloadWanted: () => boolean;
  /** The holder was told to end. */
  readonly isEnding: () => boolean;
  /** This holder has followed another itself. */
  readonly isFollower: boolean;
};

/** What a holder has, in the form in which it is handed over. */
export function createBequest({
  apps,
  servers,
  keeper,
  session,
  sockets,
  baggage,
  isReloadWanted,
  isEnding,
  isFollower,
}: BequestParts): Bequest {
  const heldServers = () => servers.all().map(({process}) => process);

  function describeServers(): HandoverTableInput['servers'] {
    return servers.all().flatMap(({process, record}) => {
      const kept = keeper.stateOf(process);
      if (!kept) return [];
      const {messages, ...suspended} = process.suspend();
      // Who asked for the reload is answered by the holder that follows.
      return [{...suspended, ...kept, record, messages: [...session.awaitedReloads(process), ...messages]}];
    });
  }

  return {
    isIdle: () => session.isIdle && apps.isSettled && keeper.isSettled,
    freeze: async () => {
      keeper.freeze();
      for (const process of heldServers()) process.hold();
      await apps.releaseSpares();
    },
    thaw: () => {
      for (const app of apps.all()) app.resume();
      for (const process of heldServers()) process.resume();
      keeper.thaw();
    },
    isEnding,
    isFlushed: () => heldServers().every(({isFlushed}) => isFlushed),
    descriptors: () =>
      new Map([
        ...sockets.map(({fd}, index) => [`socket/${index}`, fd] as const),
        ...apps.all().flatMap(app => named(`app/${app.id}`, app.descriptors())),
        ...heldServers().flatMap(process => named(`server/${process.pid}`, process.descriptors())),
      ]),
    table: () => ({
      sockets: sockets.map(({name, host, port}) => ({name, host, port})),
      apps: apps.all().map(app => app.suspend()),
      servers: describeServers(),
      baggage: baggage.all(),
      isReloadWanted: isReloadWanted(),
    }),
    isFollower,
  };
}

const named = (prefix: string, descriptors: ReadonlyMap<string, number>): (readonly [string, number])[] =>
  Array.from(descriptors, ([name, fd]) => [`${prefix}/${name}`, fd]);
