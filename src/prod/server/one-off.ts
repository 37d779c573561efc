// A command that is run once in the environment of a release: the release command of a deploy, or `tako exec`.

import {randomBytes} from 'node:crypto';
import path from 'node:path';
import {describeExit, type Exit} from '../../supervisor/instance.js';
import type {LaunchSpec} from '../../supervisor/launch-spec.js';
import {readLines} from '../../supervisor/output.js';
import type {SpawnedApp} from '../../supervisor/spawn.js';
import type {Clock} from '../../system/clock.js';
import {TakoError} from '../../system/error.js';
import {bootstrapOf, type LaunchPlace, releaseEnvironment, remoteOf} from './launch.js';
import type {LoadedRelease} from './loaded-release.js';

export type OneOff = {
  readonly command: readonly string[];
  readonly release: LoadedRelease;
  readonly place: LaunchPlace;
  readonly onLine: (stream: 'stdout' | 'stderr', text: string) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
};

export type OneOffWorld = {
  readonly clock: Clock;
  readonly spawn: (spec: LaunchSpec, instanceId: string) => Promise<SpawnedApp>;
};

/** From SIGTERM to SIGKILL. */
const GRACE_MS = 10_000;

/** Runs it to its end. Throws a StartError when there is no process; nothing of its group is left then or later. */
export async function runOnce(
  {command, release, place, onLine, signal}: OneOff,
  {clock, spawn}: OneOffWorld,
): Promise<Exit> {
  const app = await spawn(specOf(command, release, place), randomBytes(8).toString('hex'));
  const end = (): void => void app.end(GRACE_MS, clock);
  signal.addEventListener('abort', end, {once: true});
  if (signal.aborted) end();
  try {
    const output = [
      readLines(app.stdout, text => onLine('stdout', text)),
      readLines(app.stderr, text => onLine('stderr', text)),
    ];
    const exit = await app.exited;
    // What it left in the background holds its output open; it ends with it.
    await app.end(GRACE_MS, clock);
    await Promise.all(output);
    return exit;
  } finally {
    signal.removeEventListener('abort', end);
    app.close();
  }
}

function specOf(command: readonly string[], release: LoadedRelease, place: LaunchPlace): LaunchSpec {
  return {
    app: `${place.deployment}@${release.id}#exec`,
    remote: remoteOf('a command', release, place),
    command,
    directory: path.join(release.tree, release.manifest.directory),
    environment: releaseEnvironment(release, place),
    bootstrap: bootstrapOf(place),
    ready: 'fd',
    port: undefined,
    restart: 'start-first',
    readyTimeoutMs: 0,
    graceMs: GRACE_MS,
  };
}

/** A migration may take its time; one that hangs must not keep the deploy for ever. */
const RELEASE_COMMAND_TIMEOUT_MS = 10 * 60_000;
/** Of what it said, in the error. */
const LAST_LINES = 20;

/** Runs the release command. Throws RELEASE_COMMAND_FAILED with its last lines. */
export async function runReleaseCommand(oneOff: Omit<OneOff, 'command'>, world: OneOffWorld): Promise<void> {
  const {releaseCommand} = oneOff.release.manifest;
  const lines: string[] = [];
  const onLine: OneOff['onLine'] = (stream, text) => {
    lines.push(text);
    if (lines.length > LAST_LINES) lines.shift();
    oneOff.onLine(stream, text);
  };
  const timeout = AbortSignal.timeout(RELEASE_COMMAND_TIMEOUT_MS);
  const command = ['/bin/sh', '-c', releaseCommand ?? ''];
  const signal = AbortSignal.any([oneOff.signal, timeout]);
  const exit = await runOnce({...oneOff, command, onLine, signal}, world);
  oneOff.signal.throwIfAborted();
  if (exit.code === 0) return;
  const how = timeout.aborted
    ? `has not ended within ${RELEASE_COMMAND_TIMEOUT_MS / 60_000} min`
    : `ended with ${describeExit(exit)}`;
  throw new TakoError('RELEASE_COMMAND_FAILED', `the release command "${releaseCommand}" ${how}`, {
    hint: 'nothing was deployed, and the release before goes on serving',
    details: lines,
  });
}
