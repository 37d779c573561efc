import type {Problem} from '../../control/events.js';
import type {ServerInfo} from '../../control/server-methods.js';
import type {DeployPlan} from './plan.js';

/** Clocks further apart than this make logs misleading and certificates seem not yet valid. */
const MAX_CLOCK_SKEW_MS = 5 * 60_000;

/** What stands against a deploy on this server, seen from the client; `asked` and `answered` are when it was asked for its info. */
export function findServerProblems(
  server: string,
  info: ServerInfo,
  {asked, answered}: {readonly asked: number; readonly answered: number},
): readonly Problem[] {
  const skewMs = info.now < asked ? asked - info.now : Math.max(0, info.now - answered);
  if (skewMs <= MAX_CLOCK_SKEW_MS) return [];
  return [
    {
      code: 'CLOCK_SKEWED',
      message: `the clocks of ${server} and of this machine are ${Math.round(skewMs / 60_000)} minutes apart`,
      hint: 'set the wrong one: timedatectl set-ntp true does it for good',
      details: [],
    },
  ];
}

/** What a server will not do of a plan, as sentences. */
export function findServerWarnings({limits}: DeployPlan, server: string, info: ServerInfo): readonly string[] {
  const isLimited = limits.memoryBytes !== null || limits.processes !== null;
  return [
    ...(isLimited && info.limitsBy === null ? [`${server} cannot limit memory and processes: it has no cgroups`] : []),
    ...(info.isIsolated ? [] : [`on ${server} apps run as the same user: it has no root`]),
  ];
}
