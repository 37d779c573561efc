import {homedir} from 'node:os';
import {fileURLToPath} from 'node:url';
import {loadProject, type Project} from '../config/load-project.js';
import {loadSettings, type Settings} from '../config/settings.js';
import type {AppStatus} from '../control/events.js';
import type {DaemonInfo} from '../control/protocol.js';
import {type DaemonConnection, ensureDaemon, findDaemon} from '../devproxy/daemon-client.js';
import {daemonEnvironment} from '../devproxy/daemon-environment.js';
import {type DaemonFiles, daemonFiles} from '../devproxy/daemon-files.js';
import {findActivation} from '../devproxy/machine/port-units.js';
import type {KeyStore} from '../secrets/keys/key-store.js';
import {openUserKeys} from '../secrets/keys/user-keys.js';
import {TakoError} from '../system/error.js';
import {run} from '../system/exec.js';
import {type Paths, resolvePaths} from '../system/paths.js';
import {readVersion} from '../system/version.js';
import {findRegistered} from './app-identity.js';

/** What every command can have, once it asks. */
export type Context = {readonly paths: Paths; readonly files: DaemonFiles; readonly version: string};

export function createContext(): Context {
  const paths = resolvePaths(process.env, process.platform, homedir());
  return {paths, files: daemonFiles(paths), version: readVersion()};
}

export type PortFlags = {
  readonly port?: number | undefined;
  readonly httpPort?: number | undefined;
  readonly dnsPort?: number | undefined;
};

/** Where HTTPS, HTTP and DNS are when nothing else is asked for, and what is taken when the system denies them. */
export const DEFAULT_PORTS = {https: 443, deniedHttps: 47_831, http: 80, deniedHttp: 47_830, dns: 53_535} as const;

export const loadUserSettings = ({paths}: Context): Promise<Settings> => loadSettings(paths.config);

/** The keys of this user's secrets. Throws KEYCHAIN_FAILED where they are wanted in a keychain and there is none. */
export const userKeys = ({paths}: Context, {secretKeys}: Settings): KeyStore =>
  openUserKeys({dataFolder: paths.data, place: secretKeys, platform: process.platform, run});

export type ConfigFlag = {readonly config?: string};

/** The project of the folder the user is in. */
export const loadCurrentProject = ({config}: ConfigFlag = {}): Promise<Project> =>
  loadProject({directory: process.cwd(), configFile: config});

/** Connects to the daemon, starting it with these ports if none runs; where systemd has its ports, with those. */
export function startDaemon({paths, files, version}: Context, ports: PortFlags): Promise<DaemonConnection> {
  const flags = Object.entries({'--port': ports.port, '--http-port': ports.httpPort, '--dns-port': ports.dnsPort});
  const args = flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)]));
  const command = [...daemonCommand(), ...args] as const;
  const environment = daemonEnvironment(process.env, paths.data);
  return ensureDaemon({files, version, command, environment, activation: findActivation(files.data)});
}

/** What runs the daemon in the foreground. */
export function daemonCommand(): readonly [string, ...string[]] {
  const cli = fileURLToPath(new URL('../cli.js', import.meta.url));
  // node:sqlite still warns that it is experimental; the daemon's log is not the place for it.
  return [process.execPath, '--disable-warning=ExperimentalWarning', cli, 'daemon'];
}

/**
 * The ports of a daemon, for the one that takes its place: whoever starts that, addresses stay as they are. The standard
 * ones are not insisted on: the right to them can go, as by "tako setup --undo".
 */
export const portsOf = ({https, http, dnsPort}: DaemonInfo): PortFlags => ({
  port: https.isDenied || https.port === DEFAULT_PORTS.https ? undefined : https.port,
  httpPort: http.isDenied || http.port === DEFAULT_PORTS.http ? undefined : http.port,
  dnsPort,
});

/** Connects to the running daemon. Throws DAEMON_NOT_RUNNING. */
export async function requireDaemon({files, version}: Context): Promise<DaemonConnection> {
  const found = await findDaemon(files, version);
  if (found) return found;
  throw new TakoError('DAEMON_NOT_RUNNING', 'the daemon does not run', {
    hint: '"tako dev" in the folder of an app starts it, with all that was registered',
  });
}

/** The app a command is about: the one named, else that of this folder. */
export async function findAppName(
  {client}: DaemonConnection,
  name: string | undefined,
  flags: ConfigFlag,
): Promise<string> {
  return name ?? findAppHere((await client.call('list', {})).apps, flags);
}

/** The registered app of this folder; else the name that its own would have. */
export async function findAppHere(apps: readonly AppStatus[], flags: ConfigFlag): Promise<string> {
  const here = apps.filter(app => app.directory === process.cwd());
  // Without a look into tako.toml: with a mistake in it, the log is just what one wants to see.
  if (here.length === 1 && here[0] && flags.config === undefined) return here[0].name;
  const project = await loadCurrentProject(flags);
  return (await findRegistered(project, apps, undefined))?.name ?? project.config.name;
}
