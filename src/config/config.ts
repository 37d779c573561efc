import type {RoutePattern} from '../proxy/route-syntax.js';
import type {OnServers} from './on-servers.js';

/** Everything tako.toml says, complete: what the file leaves out has its default, or is undefined where that has a meaning. */
export type Config = {
  /** The app's name: from tako.toml, else the fallback the file was parsed with. */
  readonly name: string;
  /** The top-level keys the file has. Deploying needs `name` among them. */
  readonly writtenKeys: readonly string[];

  /** Undefined: found out from the project's files. */
  readonly runtime: ToolVersion | undefined;
  /** Undefined: found out from the project's files. */
  readonly packageManager: ToolVersion | undefined;
  /** The id of a framework. Undefined: found out from the project's files. */
  readonly preset: string | undefined;
  readonly main: string | undefined;
  /** Where `channels/` and `workflows/` are. */
  readonly appRoot: string;
  readonly assets: readonly string[];

  /** The command of `tako dev`. Undefined: found out from the project's files. */
  readonly dev: Command | undefined;
  /** The command of a release. Undefined: the runtime's own. */
  readonly start: Command | undefined;
  /** The Dockerfile. Undefined: not run in a container. */
  readonly container: string | undefined;
  readonly build: Build;
  /** When there are any, they are used instead of `build`. */
  readonly buildStages: readonly BuildStage[];
  readonly images: Images;
  readonly workflows: Workflows;
  readonly storages: Named<Storage>;
  readonly servers: Named<Server>;

  readonly vars: Vars;
  readonly environments: Named<Environment> & {readonly development: Environment};

  /** How the app says that it listens. `fd`: by its port on file descriptor 4, and no other sign counts. */
  readonly ready: 'fd' | undefined;
  /** The port the app listens on. Undefined: any free one. */
  readonly port: number | undefined;
  readonly readyTimeoutMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly gracePeriodMs: number;
  /** Patterns of files whose change restarts the app. Empty: those of its sources, unless it reloads by itself. */
  readonly watch: readonly string[];
  /** Patterns of files whose change does not. */
  readonly ignore: readonly string[];
  /** Whether a restart stops the old instance before it starts the new one: always where `port` lets only one listen. */
  readonly restart: 'stop-first' | 'start-first';
  /** Names of apps that must be ready before this one starts. */
  readonly dependsOn: readonly string[];
  /** What stands for a secret in the app's requests, beside what always does: names of header fields, parameters and keys. */
  readonly maskedNames: readonly string[];
  /** How secrets reach the app. Undefined: by what it depends on. */
  readonly secretDelivery: (typeof SECRET_DELIVERIES)[number] | undefined;
};

/** The program and its arguments; never empty. */
export type Command = readonly [string, ...string[]];

/** `node@24`: the tool, and the version where one is asked for. */
export type ToolVersion = {readonly id: string; readonly version: string | undefined};

/** Without a prototype, as the names are the user's. */
export type Named<T> = Readonly<Record<string, T>>;

export type Environment = OnServers & {
  readonly routes: readonly RoutePattern[];
  readonly servers: readonly string[];
  /** Binding -> name of a storage. */
  readonly storages: Named<string>;
  /** The storage that backups go to. Undefined: no backups. */
  readonly backup: string | undefined;
  readonly sourceIp: (typeof SOURCE_IPS)[number];
  readonly ssl: (typeof SSL_SOURCES)[number];
  readonly idleTimeoutMs: number | 'never';
  /** The command run at deploy: the environment's own, or the one for all. Undefined: none. */
  readonly release: string | undefined;
};

/** `bootstrap`: on file descriptor 3. `environment`: as variables. */
export const SECRET_DELIVERIES = ['bootstrap', 'environment', 'both'] as const;
export const SOURCE_IPS = ['auto', 'direct', 'cloudflare-proxy', 'trusted-proxy'] as const;
/**
 * Where certificates come from. `files`: the server's own PEM files. `internal`: self-signed, behind something that does not
 * check. `off`: plain HTTP only.
 */
export const SSL_SOURCES = ['letsencrypt', 'cloudflare', 'files', 'internal', 'off'] as const;

export type Build = {
  readonly run: string | undefined;
  readonly install: string | undefined;
  readonly cwd: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
};

export type BuildStage = {
  readonly name: string | undefined;
  readonly cwd: string;
  readonly install: string | undefined;
  readonly run: string;
  readonly exclude: readonly string[];
};

export type Images = {
  readonly localPatterns: readonly string[];
  readonly remotePatterns: readonly string[];
  /** Widths in pixels. */
  readonly sizes: readonly number[];
  /** In percent. */
  readonly qualities: readonly number[];
  readonly formats: readonly (typeof IMAGE_FORMATS)[number][];
};

export const IMAGE_FORMATS = ['webp', 'avif'] as const;

export type WorkerPool = {
  /** Undefined: the runtime's own worker. */
  readonly run: Command | undefined;
  /** Processes kept running; 0 starts one when there is work. */
  readonly workers: number;
  readonly concurrency: number;
};

export type Workflows = WorkerPool & {readonly groups: Named<WorkerPool>};

export type Server = {readonly workflows: Workflows};

export type Storage = {
  readonly provider: 's3';
  readonly bucket: string;
  readonly endpoint: string;
  readonly region: string;
  readonly forcePathStyle: boolean;
  /** Undefined: private. */
  readonly publicBaseUrl: string | undefined;
};

export type Vars = {readonly global: Named<string>; readonly byEnvironment: Named<Named<string>>};

export const DEFAULTS = {
  appRoot: 'src',
  readyTimeoutMs: 30_000,
  gracePeriodMs: 10_000,
  idleTimeoutMs: 5 * 60_000,
  /** Longer than on a server: a person comes back to a tab. */
  developmentIdleTimeoutMs: 30 * 60_000,
  restart: 'start-first',
  sourceIp: 'auto',
  ssl: 'letsencrypt',
  buildCwd: '.',
  images: {
    localPatterns: ['/**'],
    remotePatterns: [],
    sizes: [320, 640, 960, 1200, 1920],
    qualities: [75],
    formats: ['webp'],
  },
  workflows: {run: undefined, workers: 0, concurrency: 500},
} as const;

const DEV_DOES_NOT_ACT_ON = [
  'container',
  'build',
  'build_stages',
  'images',
  'workflows',
  'storages',
  'servers',
] as const;

/** The keys this file uses that `tako dev` takes but does not act on yet, in a fixed order. */
export function unsupportedInDev({writtenKeys, environments}: Config): readonly string[] {
  const topLevel = DEV_DOES_NOT_ACT_ON.filter(key => writtenKeys.includes(key));
  const hasStorages = Object.keys(environments.development.storages).length > 0;
  return [...topLevel, ...(hasStorages ? ['envs.development.storages'] : [])];
}
