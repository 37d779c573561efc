import path from 'node:path';
import type {Named} from '../../config/config.js';
import type {Platform} from '../../control/server-methods.js';
import {contains} from '../../system/file-paths.js';
import type {BuildStep} from './build-steps.js';
import {type OnOutput, runCommand} from './run-command.js';

export type BuildRun = {
  readonly steps: readonly BuildStep[];
  /** The build folder. Absolute. */
  readonly target: string;
  /** The app's folder in it, relative. */
  readonly directory: string;
  readonly variables: Named<string>;
  readonly platform: Platform;
  /** The user's own environment. */
  readonly environment: NodeJS.ProcessEnv;
};

/** Runs the steps one after another. Throws BUILD_FAILED with the command and its last lines. */
export async function runBuild(run: BuildRun, onOutput: OnOutput, signal: AbortSignal): Promise<void> {
  for (const step of run.steps) {
    await runCommand(
      {
        line: step.line,
        directory: path.join(run.target, step.directory),
        environment: buildEnvironment(run, step),
        failure: {
          code: 'BUILD_FAILED',
          message: step.name === 'build' ? 'the build failed' : `the build failed at ${step.name}`,
          hint: `it ran in ${path.join(run.target, step.directory)}, which has no .env files and nothing that .gitignore names`,
        },
      },
      onOutput,
      signal,
    );
  }
}

/** Go compiles for another machine when it is told to; packages that need C would need a compiler for it as well. */
const GO_CPU = {x64: 'amd64', arm64: 'arm64'} as const;

function buildEnvironment(
  {target, directory, variables, platform, environment}: BuildRun,
  step: BuildStep,
): NodeJS.ProcessEnv {
  const common: NodeJS.ProcessEnv = {
    ...environment,
    ...variables,
    TAKO_APP_DIR: path.join(target, directory),
    GOOS: platform.os,
    GOARCH: GO_CPU[platform.cpu],
    CGO_ENABLED: '0',
    // Next takes the lockfile nearest to the root of the disk for that of its project, and that is not the copy's.
    NEXT_PRIVATE_OUTPUT_TRACE_ROOT: target,
    PATH: [...binFolders(target, path.join(target, step.directory)), environment.PATH ?? ''].join(path.delimiter),
  };
  // Package managers leave out what builds need where it says production.
  if (step.type === 'install') common.NODE_ENV = environment.NODE_ENV;
  return common;
}

/** Where the programs of packages are, nearest first, as npm has them for scripts. */
function binFolders(target: string, directory: string): readonly string[] {
  if (!contains(target, directory)) return [];
  const own = path.join(directory, 'node_modules', '.bin');
  return directory === target ? [own] : [own, ...binFolders(target, path.dirname(directory))];
}
