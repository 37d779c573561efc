// From what a terminal asked for to what the daemon runs: reads the project and decides on command, hosts and environment.
// The terminal does it before it registers an app, and the daemon does it again when the project's tako.toml has changed.

import {homedir} from 'node:os';
import path from 'node:path';
import type {Config} from '../config/config.js';
import {type DevCommand, decideDevCommand, decideReloads} from '../config/dev-command.js';
import {assertSigned, type DevRoutes, devRoutes} from '../config/dev-routes.js';
import {exists, projectFolders} from '../config/folders.js';
import type {Framework} from '../config/framework.js';
import {decideFramework} from '../config/frameworks.js';
import {decideHostCheck, type HostCheckAnswer} from '../config/host-check.js';
import {CONFIG_FILE, loadProject, type Project} from '../config/load-project.js';
import {defaultConfig} from '../config/parse-config.js';
import {type ProjectFacts, readProjectFacts} from '../config/project-facts.js';
import {findFallbackName} from '../config/project-name.js';
import {parseStaticRoute, renderStaticRoute} from '../config/static-route.js';
import {mergeLayers, type VariableLayer} from '../config/variable-layers.js';
import {varLayers} from '../config/vars.js';
import {findWorkspace} from '../config/workspace.js';
import type {AppRequest, Registration} from '../control/protocol.js';
import {type RoutePattern, renderRoute} from '../proxy/route-syntax.js';
import {decideDelivery} from '../secrets/delivery.js';
import {devLayers} from './dev-environment.js';
import {lanNamesOf} from './lan/lan-names.js';

/** The project an app is asked for from, as it is now. Throws what `loadProject` throws. */
export async function projectOf({directory, configFile}: AppRequest): Promise<Project> {
  if (configFile !== null) return loadProject({directory, configFile});
  // Its own folder only: a tako.toml further up is another app's.
  const file = path.join(directory, CONFIG_FILE);
  if (await exists(file)) return loadProject({directory, configFile: file});
  return {directory, configFile: undefined, config: defaultConfig(await findFallbackName(directory)), warnings: []};
}

/**
 * What the daemon is to know about the app. Throws PRESET_UNKNOWN, NO_DEV_COMMAND, ROUTE_INVALID or ROUTE_OUTSIDE_ZONES.
 */
export async function resolveRegistration(
  request: AppRequest,
  project: Project,
  zones: readonly string[],
): Promise<Registration> {
  const facts = await readProjectFacts(project.directory);
  const workspace = await findWorkspace(project.directory);
  const folders = await projectFolders(project.directory, homedir());
  const config: Config = {...project.config, name: request.name};
  const command = decideDevCommand(config, facts, request.words);
  const {routes, primaryHost} = routesFor(config, request, zones);
  const {idleTimeoutMs} = config.environments.development;
  return {
    name: request.name,
    directory: project.directory,
    configFile: project.configFile ?? null,
    routes: routes.map(renderRoute),
    primaryHost,
    ...(request.staticRoutes.length > 0 ? {staticRoutes: staticRoutesOf(request.staticRoutes, zones)} : {}),
    command: command.argv,
    ...runtimeOf(config, request, {directory: project.directory, folders, command, facts, routes, zones}),
    readyTimeoutMs: config.readyTimeoutMs,
    graceMs: config.gracePeriodMs,
    // A package that is only used does not say how the app listens: that it is up is seen in any of the ways.
    ready: config.ready ?? 'any',
    port: config.port ?? null,
    restart: config.restart,
    idleTimeoutMs: idleTimeoutMs === 'never' ? null : idleTimeoutMs,
    watch: config.watch,
    ignore: config.ignore,
    ...(config.maskedNames.length > 0 ? {maskedNames: config.maskedNames} : {}),
    secretDelivery: decideDelivery(config.secretDelivery, facts.dependencies),
    dependsOn: config.dependsOn,
    workspace: workspace?.root ?? null,
    request,
  };
}

type Place = {
  readonly directory: string;
  readonly folders: readonly string[];
  readonly facts: ProjectFacts;
  readonly routes: readonly RoutePattern[];
  readonly zones: readonly string[];
};

/** What depends on the framework. */
function runtimeOf(
  config: Config,
  request: AppRequest,
  {command, ...place}: Place & {readonly command: DevCommand},
): Pick<Registration, 'environment' | 'bootstrapIn' | 'presentAs' | 'presentOnLan' | 'presentPaths' | 'reloads'> {
  const own = frameworkOf(config, request, place);
  const {framework, hostCheck} = own;
  return {
    environment: mergeLayers(layersOf(config, request, place, own)),
    ...(framework?.servesInChild && Object.hasOwn(place.facts.dependencies, 'tako.sh')
      ? {bootstrapIn: 'environment'}
      : {}),
    presentAs: hostCheck.presentAs ?? null,
    ...(hostCheck.presentOnLan === undefined ? {} : {presentOnLan: hostCheck.presentOnLan}),
    presentPaths: hostCheck.presentPaths,
    reloads: decideReloads(command, framework),
  };
}

type OwnFramework = {readonly framework: Framework | undefined; readonly hostCheck: HostCheckAnswer};

function frameworkOf(config: Config, {name}: AppRequest, {facts, routes}: Place): OwnFramework {
  const framework = decideFramework(config, facts);
  return {framework, hostCheck: decideHostCheck(framework, facts, {name, hosts: routes.map(({host}) => host)})};
}

function layersOf(
  config: Config,
  {name, terminal}: AppRequest,
  {directory, folders, routes, zones}: Place,
  {framework, hostCheck}: OwnFramework,
): readonly VariableLayer[] {
  const hosts = routes.map(({host}) => host);
  return devLayers({
    terminal,
    directory,
    folders,
    project: [
      {source: 'framework', variables: {...framework?.environment, ...hostCheck.environment}},
      ...varLayers(config, 'development'),
    ],
    environmentName: 'development',
    build: 'dev',
    appRoot: config.appRoot,
    hosts: [...hosts, ...lanNamesOf(name, hosts, zones)],
  });
}

/** The environment that an app would be registered with, by where it comes from. Throws as `resolveRegistration` does. */
export async function resolveLayers(
  request: AppRequest,
  {directory, config: own}: Project,
  zones: readonly string[],
): Promise<readonly VariableLayer[]> {
  const config: Config = {...own, name: request.name};
  const {routes} = routesFor(config, request, zones);
  const [facts, folders] = await Promise.all([readProjectFacts(directory), projectFolders(directory, homedir())]);
  const place = {directory, folders, facts, routes, zones};
  return layersOf(config, request, place, frameworkOf(config, request, place));
}

/** A second checkout has the same routes as the first, each below a label of its own. */
function routesFor(config: Config, {variant}: AppRequest, zones: readonly string[]): DevRoutes {
  if (variant === null) return devRoutes(config, zones);
  const {development} = config.environments;
  const routes = development.routes.map(({host, path}) => ({host: below(variant, host), path}));
  return devRoutes({...config, environments: {...config.environments, development: {...development, routes}}}, zones);
}

const below = (label: string, host: string): string =>
  host.startsWith('*.') ? `*.${label}.${host.slice('*.'.length)}` : `${label}.${host}`;

/** In the form the daemon keeps. */
function staticRoutesOf(texts: readonly string[], zones: readonly string[]): string[] {
  const parsed = texts.map(parseStaticRoute);
  assertSigned(
    parsed.map(({route}) => route),
    zones,
  );
  return parsed.map(renderStaticRoute);
}
