import {unsupportedInDev} from '../config/config.js';
import type {Project} from '../config/load-project.js';
import {renderProblem} from '../config/problem.js';
import type {DaemonInfo, Registration} from '../control/protocol.js';
import {originOf} from '../proxy/request-path.js';
import {copyToClipboard, openInBrowser} from '../system/desktop.js';
import {TakoError} from '../system/error.js';
import type {DevOutcome, DevSession} from '../ui/dev-session.js';
import {
  type ConfigFlag,
  type Context,
  createContext,
  loadCurrentProject,
  type PortFlags,
  portsOf,
  startDaemon,
} from './context.js';
import {createDevClient, type DevClient} from './dev-client.js';
import {checkMachine} from './machine-notes.js';
import {printNote} from './output.js';
import {register} from './registration.js';

export type DevFlags = ConfigFlag &
  PortFlags & {
    readonly json?: boolean;
    readonly plain?: boolean;
    readonly route?: readonly string[];
    readonly variant?: string;
  };

/** Starts the app of this folder, or attaches to it, and shows it until it is left or stopped. */
export async function dev(words: readonly string[], flags: DevFlags): Promise<void> {
  const context = createContext();
  const project = await loadCurrentProject(flags);
  const connection = await startDaemon(context, flags);
  const {info} = connection;
  try {
    assertPorts(flags, info);
    const given = {words, staticRoutes: flags.route ?? [], variant: flags.variant};
    const {registration, ownName} = await register(connection, project, given);
    const client = createDevClient({connection, registration, reconnect: () => startDaemon(context, portsOf(info))});
    const notes = startNotes(project, ownName, registration, info);
    await show(client, createSession(client, registration, notes, context), flags, registration.primaryHost);
  } finally {
    connection.client.close();
  }
}

async function show(client: DevClient, session: DevSession, flags: DevFlags, host: string): Promise<void> {
  const signals = listenForSignals();
  // Loaded before anything happens: it hears events from the moment it runs, and none before.
  const runUi = await loadUi(flags);
  const shown = runUi(session, signals.signal);
  // What the machine lacks is found out while the app starts.
  checkMachine(host, text => client.notify({type: 'notice', level: 'warning', text}));
  try {
    await Promise.race([shown, client.follow()]);
    const outcome = signals.outcome(await shown);
    // From here on another Ctrl-C is the usual one: the daemon finishes what was asked of it.
    signals.close();
    await leave(outcome, client, session.app, flags);
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
async function leave(outcome: DevOutcome, client: DevClient, name: string, {json}: DevFlags): Promise<void> {
  const say = (text: string): void => {
    if (!json) printNote(text);
  };
  if (outcome === 'stop') {
    const slow = setTimeout(() => say(`${name} is finishing its work …`), SLOW_STOP_MS);
    await client.remove().finally(() => clearTimeout(slow));
    say(`${name} stopped`);
  } else if (outcome === 'background') {
    client.detach();
    say(`${name} goes on in the background; "tako dev" attaches to it again, "tako dev stop ${name}" stops it`);
  }
}

type RunUi = (session: DevSession, signal: AbortSignal) => Promise<DevOutcome>;

async function loadUi({json, plain}: DevFlags): Promise<RunUi> {
  const {stdin, stdout, stderr} = process;
  if (json) {
    const {runJson} = await import('../ui/json-lines.js');
    return (session, signal) => runJson(session, {stdout, signal});
  }
  if (plain || !stdin.isTTY || !stdout.isTTY || process.env.TERM === 'dumb') {
    const {runPlain} = await import('../ui/plain.js');
    return (session, signal) => runPlain(session, {stdout, stderr, signal});
  }
  const {runDevScreen} = await import('../ui/dev-screen.js');
  return (session, signal) => runDevScreen(session, {stdin, stdout, signal});
}

type Signals = {
  readonly signal: AbortSignal;
  /** What a signal asked for, or else what the screen answered. */
  outcome(shown: DevOutcome): DevOutcome;
  /** Ends what listens to `signal`. */
  end(): void;
  close(): void;
};

/** Ctrl-C and SIGTERM stop the app; a terminal that goes away leaves it running. */
function listenForSignals(): Signals {
  const controller = new AbortController();
  let asked: DevOutcome | undefined;
  const ask = (outcome: DevOutcome) => (): void => {
    asked ??= outcome;
    controller.abort();
  };
  const listeners = {SIGINT: ask('stop'), SIGTERM: ask('stop'), SIGHUP: ask('background')};
  for (const [name, listener] of Object.entries(listeners)) process.on(name, listener);
  return {
    signal: controller.signal,
    outcome: shown => asked ?? shown,
    end: () => controller.abort(),
    close: () => {
      for (const [name, listener] of Object.entries(listeners)) process.off(name, listener);
    },
  };
}

function createSession(
  client: DevClient,
  registration: Registration,
  notes: readonly string[],
  context: Context,
): DevSession {
  return {
    app: registration.name,
    directory: registration.directory,
    version: context.version,
    notes,
    subscribe: client.subscribe,
    actions: {
      restart: client.restart,
      open(url) {
        openInBrowser(url).then(isOpen => {
          if (!isOpen) client.notify({type: 'notice', level: 'warning', text: `no browser could be opened for ${url}`});
        });
      },
      copy: copyToClipboard,
    },
  };
}

function startNotes(
  {config, warnings}: Project,
  ownName: string,
  {name, primaryHost}: Registration,
  {https}: DaemonInfo,
): string[] {
  const unsupported = unsupportedInDev(config);
  return [
    ...warnings.map(renderProblem),
    ...(unsupported.length > 0
      ? [`tako dev does not act on these keys of tako.toml yet: ${unsupported.join(', ')}`]
      : []),
    ...(name === ownName ? [] : [`the name ${ownName} is taken by another folder; this app is ${name}`]),
    ...(https.isDenied ? [`port 443 is not open to this user; serving ${originOf(primaryHost, https.port)}`] : []),
  ];
}

/** One daemon has one set of ports; asking for others while it runs would move everybody's apps. */
function assertPorts({port, httpPort, dnsPort}: PortFlags, {https, http, dnsPort: dns}: DaemonInfo): void {
  const differs = (wanted: number | undefined, actual: number): boolean =>
    wanted !== undefined && wanted !== 0 && wanted !== actual;
  if (!differs(port, https.port) && !differs(httpPort, http.port) && !differs(dnsPort, dns)) return;
  throw new TakoError('PORTS_DIFFER', `the daemon runs already, with ports ${https.port}, ${http.port} and ${dns}`, {
    hint: 'end it with "tako dev stop --all" first, or leave out the port',
  });
}
