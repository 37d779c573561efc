import type {Project} from '../config/load-project.js';
import type {AppStatus} from '../control/events.js';
import type {DaemonConnection} from '../devproxy/daemon-client.js';
import {TakoError} from '../system/error.js';
import {findRegistered} from './app-identity.js';
import {type ConfigFlag, createContext, loadCurrentProject, startDaemon} from './context.js';
import {printJson, printResult} from './output.js';
import {register} from './registration.js';
import {selectProjects} from './selected-projects.js';
import {loadWorkspaceApp, readSurroundings, unknownName} from './selection.js';

export type EnsureFlags = ConfigFlag & {readonly variant?: string; readonly json?: boolean};

/**
 * Registers the apps of this folder or of these names where they are not, starts those that do not run, and prints where
 * they are once all are ready. What runs is left as it is; nothing stops when the command ends.
 */
export async function ensure(names: readonly string[], flags: EnsureFlags): Promise<void> {
  // Read before a daemon is started for it.
  const here = names.length === 0 ? (await selectProjects([], {...flags, isStrict: true})).projects : [];
  const connection = await startDaemon(createContext(), {});
  try {
    const wanted = [...here, ...(await Promise.all(names.map(name => findNamed(connection, name, flags))))];
    const registered: string[] = [];
    // All of them before any is started, so that each learns of the others.
    for (const app of wanted) registered.push(await ensureRegistered(connection, app, flags));
    await startAll(connection, [...new Set(registered)], flags);
  } finally {
    connection.client.close();
  }
}

/** A project of this workspace or folder, else the name of an app that is registered. Throws NO_SUCH_APP. */
async function findNamed({client}: DaemonConnection, name: string, flags: ConfigFlag): Promise<Project | AppStatus> {
  const {apps} = await readSurroundings(process.cwd());
  const inWorkspace = apps.find(app => app.name === name);
  if (inWorkspace) return loadWorkspaceApp(inWorkspace);
  const registered = (await client.call('list', {})).apps;
  const byName = registered.find(app => app.name === name);
  const own = await loadCurrentProject(flags).catch(error => (byName ? undefined : Promise.reject(error)));
  if (own?.config.name === name) return own;
  if (byName) return byName;
  const known = [...apps, ...registered].map(app => app.name);
  throw unknownName(name, own ? [...known, own.config.name] : known);
}

/** The name it is registered under. */
async function ensureRegistered(
  connection: DaemonConnection,
  app: Project | AppStatus,
  {variant}: EnsureFlags,
): Promise<string> {
  if ('state' in app) return app.name;
  const {apps} = await connection.client.call('list', {});
  // Another registration could have another command, for which one that runs would be restarted.
  const known = await findRegistered(app, apps, variant);
  if (known) return known.name;
  return (await register(connection, app, {words: [], staticRoutes: [], variant})).registration.name;
}

async function startAll(
  {client, info}: DaemonConnection,
  names: readonly string[],
  {json}: EnsureFlags,
): Promise<void> {
  const results = await Promise.allSettled(names.map(name => client.call('start', {name})));
  const apps = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []));
  const failures = results.flatMap(({status, ...result}, place) =>
    status === 'rejected' ? [{name: names[place] ?? '', error: 'reason' in result ? result.reason : undefined}] : [],
  );
  if (!json) apps.forEach(printApp);
  const [first] = failures;
  if (first) throw names.length > 1 ? withName(first.name, first.error) : first.error;
  if (json) printJson({ok: true, apps: apps.map(app => ({...app, log: logCommand(app)})), daemonLog: info.logFile});
}

const printApp = (app: AppStatus): void =>
  printResult(`${app.name}  ${app.state}  ${app.url}  pid ${app.pid}  log: ${logCommand(app)}`);

const logCommand = ({name}: AppStatus): string => `tako logs ${name}`;

/** Of several, it has to say which. */
function withName(name: string, error: unknown): unknown {
  if (!(error instanceof TakoError)) return error;
  const {code, message, hint, details} = error;
  return new TakoError(code, `${name}: ${message}`, {details, cause: error, ...(hint === undefined ? {} : {hint})});
}
