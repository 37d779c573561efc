import {fileURLToPath} from 'node:url';
import type {LaunchSpec} from '../../src/supervisor/launch-spec.js';
import type {LogLine} from '../../src/supervisor/log-buffer.js';
import {isRunning, processIdentity} from '../../src/system/processes.js';

const APPS = fileURLToPath(new URL('../fixtures/apps', import.meta.url));

/** A spec for one of the fixture programs, named without its ending. */
export const fixtureSpec = (name: string, changes: Partial<LaunchSpec> = {}, ...args: readonly string[]): LaunchSpec =>
  commandSpec([process.execPath, `${APPS}/${name}.mjs`, ...args], changes);

export const commandSpec = (command: readonly string[], changes: Partial<LaunchSpec> = {}): LaunchSpec => ({
  app: 'web',
  command,
  directory: APPS,
  environment: {PATH: process.env.PATH},
  bootstrap: {token: 'token', secrets: {}, storages: {}},
  ready: 'fd',
  port: undefined,
  restart: 'start-first',
  readyTimeoutMs: 20_000,
  graceMs: 10_000,
  ...changes,
});

export async function isAlive(pid: number): Promise<boolean> {
  const identity = await processIdentity(pid);
  return identity !== undefined && isRunning(identity);
}

/** The text of the lines that the app itself wrote. */
export const writtenBy = (stream: LogLine['stream'], lines: readonly LogLine[]): readonly string[] =>
  lines.filter(line => line.stream === stream).map(line => line.text);
