import assert from 'node:assert/strict';
import {chmod, mkdir, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {loadProject} from '../../../src/config/load-project.js';
import type {Platform} from '../../../src/control/server-methods.js';
import {
  type BuildEvent,
  type BuildOptions,
  type BuiltRelease,
  buildRelease,
} from '../../../src/prod/deploy/build-release.js';
import {type PlannedDeploy, type Planning, planDeploy, requirePlan} from '../../../src/prod/deploy/plan.js';
import {manifestBytes, releaseId} from '../../../src/prod/releases/manifest-bytes.js';
import {parseManifest} from '../../../src/prod/releases/parse-manifest.js';
import {run} from '../../../src/system/exec.js';
import {temporaryFolder} from '../../config/support.js';

export const LINUX: Platform = {os: 'linux', cpu: 'x64', libc: 'glibc'};

/** A tako.toml of an app that can be deployed, with more in front of its environment. */
export const takoToml = (top = '', production = ''): string =>
  `name = "shop"\n${top}\n[envs.production]\nroute = "shop.example.com"\nservers = ["one"]\n${production}\n`;

export type Files = Readonly<Record<string, string>>;

export const planning = async (directory: string, environment = 'production'): Promise<Planning> =>
  planDeploy({
    project: await loadProject({directory, home: tmpdir()}),
    environment,
    knownServers: ['one', 'two'],
    home: tmpdir(),
  });

export const planned = async (directory: string): Promise<PlannedDeploy> => requirePlan(await planning(directory));

export const codesOf = (result: Planning): readonly string[] =>
  result.ok ? [] : result.problems.map(({code}) => code);

export type Built = BuiltRelease & {
  readonly id: string;
  readonly paths: readonly string[];
  readonly events: readonly BuildEvent[];
};

/** Builds a project; its manifest must be one that a server takes. */
export async function build(directory: string, options: Partial<BuildOptions> = {}): Promise<Built> {
  const events: BuildEvent[] = [];
  const release = await buildRelease(await planned(directory), {
    platform: LINUX,
    runtime: {name: 'node', version: '24.1.0', program: null},
    client: {os: 'darwin', cpu: 'arm64', libc: undefined, nodeMajor: 24},
    cacheFolder: path.join(directory, '..', 'cache'),
    environment: process.env,
    run,
    onEvent: event => events.push(event),
    signal: new AbortController().signal,
    ...options,
  });
  const bytes = manifestBytes(release.manifest);
  assert.deepEqual(parseManifest(bytes).files.length, release.manifest.files.length);
  const paths = release.manifest.files.map(entry => entry.path);
  return {...release, id: releaseId(bytes), paths, events};
}

/** A project in a folder of its own, so that what stands beside it is the test's too. */
export async function projectWith(files: Files): Promise<string> {
  const outer = await temporaryFolder(
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`app/${name}`, text])),
  );
  return path.join(outer, 'app');
}

/** A `npm` that only does what this shell script says, and the PATH with it. */
export async function fakeNpm(directory: string, script: string): Promise<NodeJS.ProcessEnv> {
  const folder = path.join(directory, '..', 'programs');
  await mkdir(folder, {recursive: true});
  await writeFile(path.join(folder, 'npm'), `#!/bin/sh\n${script}\n`);
  await chmod(path.join(folder, 'npm'), 0o755);
  return {...process.env, PATH: `${folder}${path.delimiter}${process.env.PATH}`};
}
