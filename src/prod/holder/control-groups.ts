import type {Exit} from '../../supervisor/instance.js';
import type {ResourceLimits} from '../releases/manifest.js';
import type {Cgroups} from './cgroup.js';

/** A process's share in a group. */
export type GroupLease = {
  /** How often the group had had no memory when the process came. */
  readonly killsBefore: number;
  /** Puts the process in. */
  admit(pid: number): Promise<void>;
  /** The exit, and whether the limit of memory was behind it. */
  explain(exit: Exit): Promise<Exit>;
  /** The last to let go of a group ends what is left in it. */
  release(): Promise<void>;
};

/** Groups by name, there for as long as somebody has a lease. */
export type GroupLeases = {
  /** `killsBefore` is that of a process which is in the group already. */
  take(name: string, limits: ResourceLimits, killsBefore?: number): Promise<GroupLease>;
};

export function createGroupLeases(cgroups: Cgroups): GroupLeases {
  const leases = new Map<string, number>();
  /** Making and removing one group at the same time would leave either. */
  const queues = new Map<string, Promise<unknown>>();
  const inTurn = <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const turn = (queues.get(name) ?? Promise.resolve()).then(work);
    const settled = turn.then(
      () => {},
      () => {},
    );
    queues.set(name, settled);
    void settled.then(() => {
      if (queues.get(name) === settled) queues.delete(name);
    });
    return turn;
  };
  return {
    take: async (name, limits, given) => {
      const group = await inTurn(name, async () => {
        const opened = await cgroups.open(name, limits);
        leases.set(name, (leases.get(name) ?? 0) + 1);
        return opened;
      });
      const killsBefore = given ?? (await group.outOfMemoryKills());
      return {
        killsBefore,
        admit: pid => group.add(pid),
        explain: async exit => {
          const wasKilled = (await group.outOfMemoryKills()) > killsBefore;
          return wasKilled ? {...exit, reason: describeLimit(limits)} : exit;
        },
        release: () =>
          inTurn(name, async () => {
            const left = (leases.get(name) ?? 1) - 1;
            leases.set(name, left);
            if (left > 0) return;
            leases.delete(name);
            await group.remove();
          }),
      };
    },
  };
}

const MEBIBYTE = 1024 * 1024;

const describeLimit = ({memoryBytes}: ResourceLimits): string =>
  memoryBytes === null
    ? 'as there was no memory left'
    : `as it used more than its ${Math.round(memoryBytes / MEBIBYTE)} MiB of memory`;
