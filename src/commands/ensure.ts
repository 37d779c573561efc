import type {Project} from '../config/load-project.js';
import type {AppStatus} from '../control/events.js';
import type {DaemonConnection} from '../devproxy/daemon-client.js';
import {TakoError} from '../system/error.js';
import {describeDependents} from '../ui/describe.js';
import {type ConfigFlag, createContext, loadCurrentProject, startDaemon} from './context.js';
import {findNeeded} from './needed-projects.js';
import {printJson, printResult} from './output.js';
import {registerMissing} from './registration.js';
import {selectProjects} from './selected-projects.js';
import {loadWorkspaceApp, readSurroundings, unknownName} from './selection.js';

export type EnsureFlags = ConfigFlag & {readonly variant?: string; readonly json?: boolean};

/** An app as scripts are told of it. */
type EnsuredApp = AppStatus & {
  /** The command that prints its output. */
  readonly log: string;
};

export type Ensured = {
  readonly ok: true;
  /** Those that were asked for, then those that they depend on. */
  readonly apps: readonly EnsuredApp[];
  readonly daemonLog: string;
};

/** Starts the apps of this folder or of these names where they do not run, and prints where they are. */
export async function ensure(given: readonly string[], flags: EnsureFlags): Promise<void> {
  const {json} = flags;
  // Those that did start are worth a line each also where another one did not.
  const ensured = await ensureApps(given, flags, json ? undefined : printApp);
  if (json) printJson(ensured);
}

/**
 * Registers the apps of this folder or of these names where they are not, starts those that do not run, and tells of each
 * once all are ready or have failed. What runs is left as it is; nothing stops when the command ends. Throws why one of
 * them did not start.
 */
export async function ensureApps(
  given: readonly string[],
  flags: EnsureFlags,
  tell: (app: AppStatus) => void = () => undefined,
): Promise<Ensured> {
  // Read before a daemon is started for it.
  const here = given.length === 0 ? (await selectProjects([], {...flags, isStrict: true})).projects : [];
  const connection = await startDaemon(createContext(), {});
  try {
    const wanted = [...here, ...(await Promise.all(given.map(name => findNamed(connection, name, flags))))];
    const needed = await findNeeded(wanted.filter(isProject));
    const register = async (project: Project, isNeeded: boolean): Promise<string> =>
      (await registerMissing(connection, project, {words: [], staticRoutes: [], variant: flags.variant, isNeeded}))
        .name;
    const names = new Set<string>();
    const others = new Set<string>();
    // All of them before any is started, so that each learns of the others.
    for (const app of wanted) names.add(isProject(app) ? await register(app, false) : app.name);
    for (const name of names) await connection.client.call('keep', {name});
    for (const project of needed) others.add(await register(project, true));
    return await startAll(connection, {names: [...names], others: [...others]}, tell);
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

const isProject = (app: Project | AppStatus): app is Project => !('state' in app);

/** `others` are started by the daemon, for those that need them, and printed behind them. */
type Wanted = {readonly names: readonly string[]; readonly others: readonly string[]};

async function startAll(
  {client, info}: DaemonConnection,
  {names, others}: Wanted,
  tell: (app: AppStatus) => void,
): Promise<Ensured> {
  const results = await Promise.allSettled(names.map(name => client.call('start', {name})));
  const started = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []));
  const failures = results.flatMap(({status, ...result}, place) =>
    status === 'rejected' ? [{name: names[place] ?? '', error: 'reason' in result ? result.reason : undefined}] : [],
  );
  const all = others.length > 0 ? (await client.call('list', {})).apps : [];
  const apps = [...started, ...all.filter(({name, pid}) => others.includes(name) && pid !== null)];
  apps.forEach(tell);
  const [first] = failures;
  if (first) throw names.length > 1 ? withName(first.name, first.error) : first.error;
  return {ok: true, apps: apps.map(app => ({...app, log: logCommand(app)})), daemonLog: info.logFile};
}

const printApp = (app: AppStatus): void =>
  printResult(
    [app.name, app.state, app.url, `pid ${app.pid}`, `log: ${logCommand(app)}`, ...describeDependents(app)].join('  '),
  );

const logCommand = ({name}: AppStatus): string => `tako logs ${name}`;

/** Of several, it has to say which. */
function withName(name: string, error: unknown): unknown {
  if (!(error instanceof TakoError)) return error;
  const {code, message, hint, details} = error;
  return new TakoError(code, `${name}: ${message}`, {details, cause: error, ...(hint === undefined ? {} : {hint})});
}
