import {
  type Command,
  type Config,
  DEFAULTS,
  type Environment,
  type Named,
  type Storage,
  type WorkerPool,
  type Workflows,
} from './config.js';
import {type Parsed, parseDocument} from './document.js';
import {completeOnServers} from './on-servers.js';
import {takoTomlRules} from './rules.js';
import {
  type EnvironmentToml,
  type PoolToml,
  type StorageToml,
  type TakoToml,
  takoToml,
  type WorkflowsToml,
} from './schema.js';
import {isCommand} from './value.js';

/** The name of an app for which nothing gives one. */
export const FALLBACK_NAME = 'app';

/**
 * The only door into `Config`: the text of a tako.toml, complete or with every problem it has, in the order of the file.
 * `file` is the name shown in problems; `fallbackName` is the app's when the text gives none.
 */
export function parseConfig(text: string, file: string, fallbackName = FALLBACK_NAME): Parsed<Config> {
  const parsed = parseDocument(text, file, takoToml, takoTomlRules);
  return parsed.ok ? {...parsed, value: completeConfig(parsed.value, fallbackName)} : parsed;
}

/** The config of a project that has no tako.toml. */
export const defaultConfig = (name: string): Config => completeConfig({}, name);

const NOTHING: Named<never> = Object.freeze(Object.create(null));
const NO_WORKFLOWS: WorkflowsToml = {groups: NOTHING};

function completeConfig(toml: TakoToml, fallbackName: string): Config {
  const {workflows = NO_WORKFLOWS} = toml;
  return {
    name: toml.name ?? fallbackName,
    writtenKeys: Object.keys(toml),
    runtime: toml.runtime,
    packageManager: toml.package_manager,
    preset: toml.preset,
    main: toml.main,
    appRoot: toml.app_root ?? DEFAULTS.appRoot,
    assets: toml.assets ?? [],
    dev: commandOf(toml.dev),
    start: toml.start,
    container: toml.container,
    build: completeBuild(toml.build),
    buildStages: (toml.build_stages ?? []).map(completeStage),
    images: completeImages(toml.images),
    workflows: completeWorkflows(workflows),
    storages: mapNamed(toml.storages, completeStorage),
    servers: mapNamed(toml.servers, server => ({
      workflows: completeWorkflows(mergeWorkflows(workflows, server.workflows ?? NO_WORKFLOWS)),
    })),
    vars: toml.vars ?? {global: NOTHING, byEnvironment: NOTHING},
    environments: completeEnvironments(toml),
    ready: toml.ready,
    port: toml.port,
    readyTimeoutMs: toml.ready_timeout ?? DEFAULTS.readyTimeoutMs,
    gracePeriodMs: toml.grace_period ?? DEFAULTS.gracePeriodMs,
    watch: toml.watch ?? [],
    ignore: toml.ignore ?? [],
    // Two instances cannot listen on one port.
    restart: toml.restart ?? (toml.port === undefined ? DEFAULTS.restart : 'stop-first'),
    dependsOn: [...new Set(toml.depends_on)],
    maskedNames: toml.inspector?.mask ?? [],
    secretDelivery: toml.secrets,
  };
}

function completeEnvironments({envs = {}, ...forAll}: TakoToml): Config['environments'] {
  const environments = mapNamed({development: {}, ...envs}, (environment, name) =>
    completeEnvironment(environment, name === 'development', forAll),
  );
  return environments as Config['environments'];
}

function completeEnvironment(toml: EnvironmentToml, isDevelopment: boolean, forAll: TakoToml): Environment {
  const idleTimeoutMs = isDevelopment ? DEFAULTS.developmentIdleTimeoutMs : DEFAULTS.idleTimeoutMs;
  return {
    ...completeOnServers(toml, forAll),
    routes: toml.routes ?? (toml.route ? [toml.route] : []),
    servers: toml.servers ?? [],
    storages: toml.storages ?? NOTHING,
    backup: toml.backup?.storage,
    sourceIp: toml.source_ip ?? DEFAULTS.sourceIp,
    ssl: toml.ssl ?? DEFAULTS.ssl,
    idleTimeoutMs: toml.idle_timeout ?? idleTimeoutMs,
    // An empty text takes back the command for all environments.
    release: (toml.release ?? forAll.release) || undefined,
  };
}

const commandOf = (words: readonly string[] = []): Command | undefined => (isCommand(words) ? words : undefined);

const completeBuild = (toml: TakoToml['build'] = {}): Config['build'] => ({
  run: toml.run,
  install: toml.install,
  cwd: toml.cwd ?? DEFAULTS.buildCwd,
  include: toml.include ?? [],
  exclude: toml.exclude ?? [],
});

const completeStage = (toml: NonNullable<TakoToml['build_stages']>[number]): Config['buildStages'][number] => ({
  name: toml.name,
  cwd: toml.cwd ?? DEFAULTS.buildCwd,
  install: toml.install,
  run: toml.run,
  exclude: toml.exclude ?? [],
});

const completeImages = (toml: TakoToml['images'] = {}): Config['images'] => ({
  localPatterns: toml.local_patterns ?? DEFAULTS.images.localPatterns,
  remotePatterns: toml.remote_patterns ?? DEFAULTS.images.remotePatterns,
  sizes: toml.sizes ?? DEFAULTS.images.sizes,
  qualities: toml.qualities ?? DEFAULTS.images.qualities,
  formats: toml.formats ?? DEFAULTS.images.formats,
});

/** What a group does not say, the pool for all workflows does. */
function completeWorkflows(toml: WorkflowsToml): Workflows {
  const pool = completePool(toml, DEFAULTS.workflows);
  return {...pool, groups: mapNamed(toml.groups, group => completePool(group, pool))};
}

const completePool = (toml: PoolToml, base: WorkerPool): WorkerPool => ({
  run: toml.run ?? base.run,
  workers: toml.workers ?? base.workers,
  concurrency: toml.concurrency ?? base.concurrency,
});

/** A server's own keys over those of the app, in each group too. */
function mergeWorkflows(app: WorkflowsToml, server: WorkflowsToml): WorkflowsToml {
  const groups = mapNamed({...app.groups, ...server.groups}, (group, name) => ({...app.groups[name], ...group}));
  return {...app, ...server, groups};
}

const completeStorage = (toml: StorageToml): Storage => ({
  provider: 's3',
  bucket: toml.bucket,
  endpoint: toml.endpoint,
  region: toml.region,
  forcePathStyle: toml.force_path_style ?? false,
  publicBaseUrl: toml.public_base_url,
});

function mapNamed<T, R>(named: Named<T> = NOTHING, complete: (value: T, name: string) => R): Named<R> {
  const result = Object.create(null) as Record<string, R>;
  for (const [name, value] of Object.entries(named)) result[name] = complete(value, name);
  return result;
}
