import type {AppStatus} from '../control/events.js';
import {findDaemon} from '../devproxy/daemon-client.js';
import {lanCard, lanRow} from '../ui/lan-card.js';
import {createStyle, hasColour} from '../ui/style.js';
import {type ConfigFlag, createContext, findAppName, requireDaemon} from './context.js';
import {printJson, printNote, printResult} from './output.js';

export type LanFlags = ConfigFlag & {readonly json?: boolean; readonly lanAddress?: string};

/** Opens an app to the network until it is closed again; prints where it is, and a QR code in a terminal. */
export async function lanOn(name: string | undefined, flags: LanFlags): Promise<void> {
  const apps = await change(name, flags, (client, names) =>
    client.call('lanOn', {names, address: flags.lanAddress ?? null, stays: true}),
  );
  if (flags.json) return printApps(apps);
  const style = createStyle({isColour: hasColour(process.stdout, process.env)});
  for (const {lan} of apps) if (lan) printResult(lanCard(lan, style, {withCode: process.stdout.isTTY === true}));
}

/** Closes an app to the network. */
export async function lanOff(name: string | undefined, flags: LanFlags): Promise<void> {
  const apps = await change(name, flags, (client, names) => client.call('lanOff', {names}));
  if (flags.json) printApps(apps);
  else printNote(apps.map(app => `${app.name} is not open to the network`).join('\n'));
}

/** Which apps are open to the network: all of them, or the one that is named. */
export async function lanStatus(name: string | undefined, {json = false}: LanFlags): Promise<void> {
  const apps = (await listApps()).filter(app => name === undefined || app.name === name);
  if (json) return printApps(apps);
  const rows = apps.flatMap(app => (app.lan ? lanRow(app.name, app.lan) : []));
  if (rows.length > 0) printResult(rows.join('\n'));
  else printNote('no app is open to the network');
}

type Client = Awaited<ReturnType<typeof requireDaemon>>['client'];
type Change = (client: Client, names: readonly string[]) => Promise<{readonly apps: readonly AppStatus[]}>;

async function change(name: string | undefined, flags: LanFlags, run: Change): Promise<readonly AppStatus[]> {
  const connection = await requireDaemon(createContext());
  try {
    return (await run(connection.client, [await findAppName(connection, name, flags)])).apps;
  } finally {
    connection.client.close();
  }
}

async function listApps(): Promise<readonly AppStatus[]> {
  const {files, version} = createContext();
  const connection = await findDaemon(files, version);
  if (!connection) return [];
  try {
    return (await connection.client.call('list', {})).apps;
  } finally {
    connection.client.close();
  }
}

/** For programs: `lan` is null where it is closed. */
const printApps = (apps: readonly AppStatus[]): void =>
  printJson({ok: true, apps: apps.map(({name, lan}) => ({name, lan}))});
