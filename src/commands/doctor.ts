import {homedir} from 'node:os';
import {loadRoot} from '../ca/authority.js';
import type {LanAddress} from '../control/events.js';
import type {DaemonInfo} from '../control/protocol.js';
import {findDaemon} from '../devproxy/daemon-client.js';
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

/** Looks at daemon, names, ports and trust; exit code 1 when something is broken. */
export async function doctor({json = false}: {readonly json?: boolean}): Promise<void> {
  const context = createContext();
  const {files, paths, version} = context;
  let info: DaemonInfo | undefined;
  let open: readonly LanAddress[] = [];
  const findings = [
    ...(await attempt('daemon', async () => {
      const connection = await findDaemon(files, version);
      info = connection?.info;
      open = (await connection?.client.call('list', {}))?.apps.flatMap(({lan}) => lan ?? []) ?? [];
      connection?.client.close();
      return [checkDaemon(info, version)];
    })),
    ...(await attempt('settings', async () => (info ? [] : checkFreePorts(await loadUserSettings(context))))),
    ...(await attempt('names', async () => (info ? checkNames(info) : []))),
    ...(await attempt('ports', async () => (info ? checkPorts(info) : []))),
    ...(await attempt('lan', async () => [...checkFirewalls(await findFirewalls(), open)])),
    ...(await attempt('authority', async () => checkAuthority(await loadRoot(files.authority), files.authority))),
    ...(await attempt('trust', async () => checkTrustStores(await loadRoot(files.authority), await readFacts()))),
  ];
  const isBroken = findings.some(({severity}) => severity === 'error');
  if (json) printJson({ok: !isBroken, paths, home: homedir(), findings});
  else printResult(findings.map(renderFinding).join('\n'));
  process.exitCode = isBroken ? 1 : 0;
}

const MARKS = {ok: 'ok     ', warning: 'warning', error: 'error  '} as const;

const renderFinding = ({severity, observed, fix}: Finding): string =>
  `${MARKS[severity]}  ${observed}${fix === null ? '' : `\n         fix: ${fix}`}`;
