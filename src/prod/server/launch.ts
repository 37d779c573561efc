// From a release to what the supervisor starts.

import path from 'node:path';
import {type Delivered, deliver} from '../../secrets/delivery.js';
import type {GivenSecrets} from '../../secrets/given-secrets.js';
import type {LaunchSpec} from '../../supervisor/launch-spec.js';
import {renderInstanceName} from './instance-name.js';
import type {LoadedRelease, RunnableRelease} from './loaded-release.js';

/** What differs between servers and between deployments on one. */
export type LaunchPlace = {
  readonly deployment: string;
  /** The app's own folder, which outlives its releases. */
  readonly dataFolder: string;
  /** The server's own Node, as an absolute path. */
  readonly nodeFile: string;
  /** By which the app knows that it is the server that asks for its status. */
  readonly token: string;
  /** Left out: it has none. */
  readonly secrets?: GivenSecrets | undefined;
};

/** Where a server's own programs are; what a release needs beside them it brings along. */
const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin';

/** What is needed to start one instance. */
export function launchSpecOf(release: RunnableRelease, number: number, place: LaunchPlace): LaunchSpec {
  const {process: program} = release.manifest;
  return {
    app: renderInstanceName({deployment: place.deployment, release: release.id, number}),
    remote: remoteOf(`instance ${number}`, release, place),
    command: program.command.map((word, index) => (index === 0 ? resolveProgram(word, release, place) : word)),
    directory: path.join(release.tree, release.manifest.directory),
    environment: releaseEnvironment(release, place),
    bootstrap: bootstrapOf(place),
    ready: program.ready,
    port: program.port ?? undefined,
    restart: program.port === null ? 'start-first' : 'stop-first',
    readyTimeoutMs: program.readyTimeoutMs,
    graceMs: program.graceMs,
  };
}

/** As those are told of it who deployed it. */
export function remoteOf(
  what: string,
  {id, manifest: {environment}}: LoadedRelease,
  {deployment}: LaunchPlace,
): NonNullable<LaunchSpec['remote']> {
  const log = `tako logs --env ${environment} --release ${id}`;
  return {title: `${what} of ${deployment}, release ${id},`, environment, log};
}

/** `node` is the runtime that the release pins, wherever PATH leads; a restart of the server does not change that. */
function resolveProgram(word: string, release: LoadedRelease, place: LaunchPlace): string {
  const isRuntime = word === release.manifest.process?.runtime?.name;
  return isRuntime ? (runtimeFile(release, place) ?? word) : word;
}

/** The program of the release's runtime, as an absolute path. Undefined: it has none. */
function runtimeFile({manifest, tree}: LoadedRelease, {nodeFile}: LaunchPlace): string | undefined {
  const runtime = manifest.process?.runtime;
  if (!runtime) return undefined;
  return runtime.file === null ? nodeFile : path.join(tree, runtime.file);
}

/** What a process reads from file descriptor 3. */
export const bootstrapOf = (place: LaunchPlace): LaunchSpec['bootstrap'] => ({
  token: place.token,
  secrets: deliveredTo(place).bootstrap,
  storages: {},
});

const deliveredTo = ({secrets}: LaunchPlace): Delivered => deliver(secrets?.values ?? {}, secrets?.delivery ?? 'both');

/**
 * The names of what a release gets from its server alone: tako.toml may say `defaults` otherwise, and `fixed` goes over
 * everything.
 */
export const RELEASE_VARIABLES = {
  defaults: ['NODE_ENV', 'HOME'],
  fixed: ['PATH', 'ENV', 'TAKO_BUILD', 'TAKO_DATA_DIR', 'TAKO_APP_ROOT'],
} as const;

/** The environment of a release's processes and of its release command. */
export function releaseEnvironment(release: LoadedRelease, place: LaunchPlace): Record<string, string> {
  const {manifest, id, tree} = release;
  const program = runtimeFile(release, place);
  const runtimeFolder = program === undefined ? [] : [path.dirname(program)];
  return {
    NODE_ENV: 'production',
    HOME: place.dataFolder,
    ...manifest.variables,
    ...deliveredTo(place).variables,
    PATH: [path.join(tree, manifest.directory, 'node_modules/.bin'), ...runtimeFolder, SYSTEM_PATH].join(':'),
    ENV: manifest.environment,
    TAKO_BUILD: id,
    TAKO_DATA_DIR: place.dataFolder,
    TAKO_APP_ROOT: path.join(tree, manifest.directory),
  };
}
