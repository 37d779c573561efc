import {constants, homedir} from 'node:os';
import {execa} from 'execa';
import {loadRoot} from '../ca/authority.js';
import {devRoutes} from '../config/dev-routes.js';
import {projectFolders} from '../config/folders.js';
import {managedZones} from '../config/settings.js';
import {varsFor} from '../config/vars.js';
import {openAppTrust} from '../devproxy/app-trust.js';
import {createDevEnvironment} from '../devproxy/dev-environment.js';
import {TakoError} from '../system/error.js';
import {type ConfigFlag, type Context, createContext, loadCurrentProject, loadUserSettings} from './context.js';
import {ensureDataFolder} from './registration.js';

export type RunFlags = ConfigFlag & {readonly env: string};

/** Runs a command with the environment the app has; its exit code becomes ours. */
export async function run(words: readonly string[], flags: RunFlags): Promise<void> {
  const [file = '', ...args] = words;
  const {directory, config} = await loadCurrentProject(flags);
  if (!(flags.env in config.environments)) throw unknownEnvironment(flags.env, Object.keys(config.environments));
  const context = createContext();
  const settings = await loadUserSettings(context);
  await ensureDataFolder(directory);
  const own = createDevEnvironment({
    terminal: process.env,
    directory,
    folders: await projectFolders(directory, homedir()),
    vars: varsFor(config, flags.env),
    environmentName: flags.env,
    build: 'local',
    appRoot: config.appRoot,
    hosts: devRoutes(config, managedZones(settings)).routes.map(({host}) => host),
  });
  const env = {...(await trustFor(context, flags.env, own)), ...own};
  const child = execa(file, args, {...INHERIT, cwd: directory, env});
  passSignalsTo(child);
  const result = await child;
  if (result.code === 'ENOENT') throw notFound(file);
  if (result.code === 'EACCES') throw notExecutable(file);
  process.exitCode = result.exitCode ?? 128 + (constants.signals[result.signal as NodeJS.Signals] ?? 0);
}

/** Local certificates are trusted in development only, and where there is an authority. */
async function trustFor(
  {files}: Context,
  environmentName: string,
  own: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const root = environmentName === 'development' ? await loadRoot(files.authority) : undefined;
  if (!root) return {};
  try {
    const trust = await openAppTrust({files, root: () => root, onError: () => undefined});
    return trust.variablesFor(own);
  } catch (error) {
    // A disk that is full is no reason not to run it.
    if (error instanceof TakoError) return {};
    throw error;
  }
}

/** How long the command takes to stop is its own affair. */
const INHERIT = {extendEnv: false, stdio: 'inherit', reject: false, forceKillAfterDelay: false} as const;

/** A terminal sends Ctrl-C to the command as well, which may go on; what is sent to us alone is passed on. */
function passSignalsTo(child: {kill(signal: NodeJS.Signals): boolean}): void {
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
}

const notFound = (file: string): TakoError =>
  new TakoError('COMMAND_NOT_FOUND', `there is no program ${file}`, {
    hint: 'it is searched in PATH and node_modules/.bin',
  });

const notExecutable = (file: string): TakoError =>
  new TakoError('COMMAND_NOT_EXECUTABLE', `${file} is not executable`, {hint: `chmod +x ${file}`});

const unknownEnvironment = (name: string, known: readonly string[]): TakoError =>
  new TakoError('NO_SUCH_ENVIRONMENT', `tako.toml has no environment ${name}`, {hint: `it has: ${known.join(', ')}`});
