import type {AppStatus} from '../control/events.js';
import type {DaemonInfo} from '../control/protocol.js';
import {findDaemon} from '../devproxy/daemon-client.js';
import {renderAppTable} from '../ui/app-table.js';
import {createContext} from './context.js';
import {printJson, printNote, printResult} from './output.js';

export type Snapshot = {readonly daemon: DaemonInfo | null; readonly apps: readonly AppStatus[]};

/** The registered apps, one row each. */
export async function list({json = false}: {readonly json?: boolean}): Promise<void> {
  const snapshot = await readSnapshot();
  if (json) printJson({ok: true, apps: snapshot.apps});
  else printApps(snapshot);
}

/** The daemon and its apps. */
export async function status({json = false}: {readonly json?: boolean}): Promise<void> {
  const snapshot = await readSnapshot();
  if (json) return printJson({ok: true, ...snapshot});
  const {daemon} = snapshot;
  if (daemon) printResult(describeDaemon(daemon));
  printApps(snapshot);
}

/** The daemon, where it runs, and its apps. */
export async function readSnapshot(): Promise<Snapshot> {
  const {files, version} = createContext();
  const connection = await findDaemon(files, version);
  if (!connection) return {daemon: null, apps: []};
  const {client, info} = connection;
  try {
    const {apps} = await client.call('list', {});
    return {daemon: info, apps};
  } finally {
    client.close();
  }
}

function printApps({daemon, apps}: Snapshot): void {
  if (apps.length > 0) printResult(renderAppTable(apps, process.stdout.columns ?? 120));
  else
    printNote(`${daemon ? 'no app is registered' : 'the daemon does not run'}; run "tako dev" in the folder of an app`);
}

const describeDaemon = ({version, pid, https, http, dnsPort, home, dashboardUrl}: DaemonInfo): string =>
  `daemon ${version}, pid ${pid}: https ${https.port}, http ${http.port}, dns ${dnsPort}, home ${home}` +
  // A daemon of before has none.
  (dashboardUrl === undefined ? '' : `\npage ${dashboardUrl}`);
