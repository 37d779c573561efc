import type {DaemonInfo} from '../control/protocol.js';
import {copyToClipboard, openInBrowser} from '../system/desktop.js';
import {TakoError} from '../system/error.js';
import type {DevOutcome, DevSession} from '../ui/dev-session.js';
import {wantsPlain} from '../ui/plain-mode.js';
import {type ConfigFlag, createContext, type PortFlags, portsOf, startDaemon} from './context.js';
import {createDevClient, type DevApp, type DevClient} from './dev-client.js';
import {refreshAllTypes} from './generate/generate-types.js';
import {keepTypes} from './generate/keep-types.js';
import {backgroundNote, listOf, slowNote, stayNote} from './leave-notes.js';
import {checkMachine, type VisitedApp} from './machine-notes.js';
import {findNeeded} from './needed-projects.js';
import {printNote} from './output.js';
import {registerAll} from './registration.js';
import {createRequestSource} from './request-source.js';
import {keepStartable, selectProjects} from './selected-projects.js';
import {listenForSignals} from './signals.js';
import {startNotes} from './start-notes.js';

export type DevFlags = ConfigFlag &
  PortFlags & {
    readonly json?: boolean;
    readonly plain?: boolean;
    readonly route?: readonly string[];
    readonly variant?: string;
    readonly lan?: boolean;
    readonly lanAddress?: string;
  };

/**
 * Starts the app of this folder, all of this workspace or those that are named, or attaches to them, and shows them until
 * they are left or stopped.
 */
export async function dev(words: readonly string[], flags: DevFlags): Promise<void> {
  const context = createContext();
  const selected = await keepStartable(await selectProjects(words, flags));
  const needed = await findNeeded(selected.projects);
  const connection = await startDaemon(context, flags);
  const {info} = connection;
  try {
    assertPorts(flags, info);
    const given = {staticRoutes: flags.route ?? [], variant: flags.variant};
    // Before anything watches their sources.
    const typeNotes = await refreshAllTypes(selected.projects);
    const {results, needed: others, notes} = await registerAll(connection, selected, needed, given);
    const apps: readonly DevApp[] = [
      ...results.map(({registration}) => ({name: registration.name, registration, isNeeded: false})),
      ...others.map(other => ({...other, isNeeded: true})),
    ];
    const client = createDevClient({connection, apps, reconnect: () => startDaemon(context, portsOf(info))});
    keepTypes(
      client.subscribe,
      results.map(({registration}) => registration),
    );
    const session: DevSession = {
      apps: apps.map(({name}) => name),
      version: context.version,
      notes: [...selected.notes, ...notes, ...typeNotes, ...startNotes(results, info)],
      subscribe: client.subscribe,
      actions: actionsOf(client, info.dashboardUrl),
      requests: createRequestSource(context.files.socket),
    };
    await show(client, session, flags, {info, app: results[0]?.registration});
  } finally {
    connection.client.close();
  }
}

type Shown = {readonly info: DaemonInfo; readonly app: VisitedApp | undefined};

async function show(client: DevClient, session: DevSession, flags: DevFlags, {info, app}: Shown): Promise<void> {
  const signals = listenForSignals();
  // Loaded before anything happens: it hears events from the moment it runs, and none before.
  const runUi = await loadUi(flags);
  const shown = runUi(session, signals.signal);
  // What the machine lacks is found out while the apps start.
  if (app) void checkMachine(app, info, text => client.notify({type: 'notice', level: 'warning', text}));
  try {
    if (flags.lan === true || flags.lanAddress !== undefined) client.openToLan(flags.lanAddress);
    await Promise.race([shown, client.follow()]);
    const outcome = signals.outcome(await shown);
    // From here on another Ctrl-C is the usual one: the daemon finishes what was asked of it.
    signals.close();
    await leave(outcome, client, flags);
  } catch (error) {
    // The terminal is as it was before the error is printed.
    signals.end();
    await shown;
    throw error;
  } finally {
    signals.close();
    client.detach();
  }
}

/** A stop that takes longer than this says that it is under way. */
const SLOW_STOP_MS = 500;

/** Waits for the screen first, so that what is printed next stands below it. */
async function leave(outcome: DevOutcome, client: DevClient, {json}: DevFlags): Promise<void> {
  const say = (text: string): void => {
    if (!json) printNote(text);
  };
  if (outcome === 'stop') {
    await stop(client, say);
  } else if (outcome === 'background') {
    const names = client.followed();
    client.detach();
    say(backgroundNote(names));
  }
}

async function stop(client: DevClient, say: (text: string) => void): Promise<void> {
  let stopped: readonly string[] = [];
  let slow: NodeJS.Timeout | undefined;
  try {
    await client.leave(({stops, stays}) => {
      stays.map(stayNote).forEach(say);
      stopped = stops;
      clearTimeout(slow);
      if (stops.length > 0) slow = setTimeout(() => say(slowNote(stops)), SLOW_STOP_MS);
    });
  } finally {
    clearTimeout(slow);
  }
  if (stopped.length > 0) say(`${listOf(stopped)} stopped`);
}

type RunUi = (session: DevSession, signal: AbortSignal) => Promise<DevOutcome>;

async function loadUi({json, plain}: DevFlags): Promise<RunUi> {
  const {stdin, stdout, stderr} = process;
  if (json) {
    const {runJson} = await import('../ui/json-lines.js');
    return (session, signal) => runJson(session, {stdout, signal});
  }
  if (plain || wantsPlain(process, process.env)) {
    const {runPlain} = await import('../ui/plain.js');
    return (session, signal) => runPlain(session, {stdout, stderr, signal});
  }
  const {runDevScreen} = await import('../ui/dev-screen.js');
  return (session, signal) => runDevScreen(session, {stdin, stdout, signal});
}

const actionsOf = (client: DevClient, dashboardUrl: string): DevSession['actions'] => ({
  restart: client.restart,
  toggleLan: client.toggleLan,
  open(url) {
    openInBrowser(url).then(isOpen => {
      if (!isOpen) client.notify({type: 'notice', level: 'warning', text: `no browser could be opened for ${url}`});
    });
  },
  copy: copyToClipboard,
  // Over SSH the browser would open on the other machine, if at all.
  inspect: async () => process.env.SSH_CONNECTION === undefined && openInBrowser(dashboardUrl),
});

/** One daemon has one set of ports; asking for others while it runs would move everybody's apps. */
function assertPorts({port, httpPort, dnsPort}: PortFlags, {https, http, dnsPort: dns}: DaemonInfo): void {
  const differs = (wanted: number | undefined, actual: number): boolean =>
    wanted !== undefined && wanted !== 0 && wanted !== actual;
  if (!differs(port, https.port) && !differs(httpPort, http.port) && !differs(dnsPort, dns)) return;
  throw new TakoError('PORTS_DIFFER', `the daemon runs already, with ports ${https.port}, ${http.port} and ${dns}`, {
    hint: 'end it with "tako dev stop --all" first, or leave out the port',
  });
}
