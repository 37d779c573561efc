import {homedir} from 'node:os';
import {loadRoot} from '../ca/authority.js';
import type {LanAddress} from '../control/events.js';
import type {DaemonInfo} from '../control/protocol.js';
import {findDaemon} from '../devproxy/daemon-client.js';
import {findActivation} from '../devproxy/machine/port-units.js';
import type {Paths} from '../system/paths.js';
import {createContext, loadUserSettings} from './context.js';
import {
  attempt,
  checkAuthority,
  checkDaemon,
  checkFreePorts,
  checkNames,
  checkPorts,
  checkTrustStores,
  type Finding,
} from './findings.js';
import {checkFirewalls, findFirewalls} from './firewall.js';
import {printJson, printResult} from './output.js';
import {readFacts} from './trust.js';

export type MachineReport = {
  /** Whether nothing is broken. */
  readonly ok: boolean;
  readonly paths: Paths;
  readonly home: string;
  readonly findings: readonly Finding[];
};

/** Prints what there is to say of the machine; exit code 1 when something is broken. */
export async function doctor({json = false}: {readonly json?: boolean}): Promise<void> {
  const report = await examineMachine();
  if (json) printJson(report);
  else printResult(report.findings.map(renderFinding).join('\n'));
  process.exitCode = report.ok ? 0 : 1;
}

/** Looks at daemon, names, ports and trust. */
export async function examineMachine(): Promise<MachineReport> {
  const context = createContext();
  const {files, paths, version} = context;
  let info: DaemonInfo | undefined;
  let open: readonly LanAddress[] = [];
  const findings = [
    ...(await attempt('daemon', async () => {
      const connection = await findDaemon(files, version);
      info = connection?.info;
      try {
        open = (await connection?.client.call('list', {}))?.apps.flatMap(({lan}) => lan ?? []) ?? [];
      } finally {
        connection?.client.close();
      }
      return [checkDaemon(info, version)];
    })),
    ...(await attempt('settings', async () =>
      info || findActivation(files.data) ? [] : checkFreePorts(await loadUserSettings(context)),
    )),
    ...(await attempt('names', async () => (info ? checkNames(info) : []))),
    ...(await attempt('ports', async () => (info ? checkPorts(info) : []))),
    ...(await attempt('lan', async () => [...checkFirewalls(await findFirewalls(), open)])),
    ...(await attempt('authority', async () => checkAuthority(await loadRoot(files.authority), files.authority))),
    ...(await attempt('trust', async () => checkTrustStores(await loadRoot(files.authority), await readFacts()))),
  ];
  return {ok: findings.every(({severity}) => severity !== 'error'), paths, home: homedir(), findings};
}

const MARKS = {ok: 'ok     ', warning: 'warning', error: 'error  '} as const;

/** For people: what was seen, and what to do about it. */
export const renderFinding = ({severity, observed, fix}: Finding): string =>
  `${MARKS[severity]}  ${observed}${fix === null ? '' : `\n         fix: ${fix}`}`;
