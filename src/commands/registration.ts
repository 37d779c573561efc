import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import type {DevCommand} from '../config/dev-command.js';
import {assertSigned, devRoutes} from '../config/dev-routes.js';
import type {Project} from '../config/load-project.js';
import {parseStaticRoute, renderStaticRoute} from '../config/static-route.js';
import {varsFor} from '../config/vars.js';
import type {Registration} from '../control/protocol.js';
import {createDevEnvironment, dataFolderOf} from '../devproxy/dev-environment.js';
import {renderRoute} from '../proxy/route-syntax.js';
import {explainFileError, writeFileAtomic} from '../system/files.js';

export type RegistrationFacts = {
  readonly project: Project;
  readonly name: string;
  readonly command: DevCommand;
  /** As written on the command line. */
  readonly staticRoutes: readonly string[];
  readonly zones: readonly string[];
  readonly terminal: NodeJS.ProcessEnv;
};

/** What the daemon is told about the app of this folder. */
export function createRegistration({
  project,
  name,
  command,
  staticRoutes,
  zones,
  terminal,
}: RegistrationFacts): Registration {
  const config = {...project.config, name};
  const {routes, primaryHost} = devRoutes(config, zones);
  return {
    name,
    directory: project.directory,
    configFile: project.configFile ?? null,
    routes: routes.map(renderRoute),
    primaryHost,
    ...(staticRoutes.length > 0 ? {staticRoutes: staticRoutesOf(staticRoutes, zones)} : {}),
    command: command.argv,
    environment: createDevEnvironment({
      terminal,
      directory: project.directory,
      vars: varsFor(config, 'development'),
      environmentName: 'development',
      build: 'dev',
      appRoot: config.appRoot,
      hosts: routes.map(({host}) => host),
    }),
    readyTimeoutMs: config.readyTimeoutMs,
    graceMs: config.gracePeriodMs,
  };
}

/** In the form the daemon keeps. Throws ROUTE_INVALID or ROUTE_OUTSIDE_ZONES. */
function staticRoutesOf(texts: readonly string[], zones: readonly string[]): string[] {
  const parsed = texts.map(parseStaticRoute);
  assertSigned(
    parsed.map(({route}) => route),
    zones,
  );
  return parsed.map(renderStaticRoute);
}

/** Makes the folder an app may write to. It ignores itself, so that git does not see it. */
export async function ensureDataFolder(directory: string): Promise<void> {
  const folder = dataFolderOf(directory);
  await mkdir(folder, {recursive: true}).catch(error => {
    throw explainFileError(error, folder);
  });
  await writeFileAtomic(path.join(path.dirname(folder), '.gitignore'), '*\n', 0o644);
}
