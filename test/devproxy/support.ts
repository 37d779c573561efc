import {mkdtempSync, realpathSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {onTestFinished} from 'vitest';
import type {Registration} from '../../src/control/protocol.js';

/** A new folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'tako-devproxy-')));
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  return folder;
}

/** An app as a terminal registers it: ready at once, on a port where nothing is. */
export function registrationOf(name: string, more: Partial<Registration> = {}): Registration {
  return {
    name,
    directory: tmpdir(),
    configFile: path.join(tmpdir(), `${name}.toml`),
    routes: [`${name}.test`],
    primaryHost: `${name}.test`,
    command: ['sh', '-c', 'echo 4000 >&4; exec sleep 600'],
    environment: {PATH: process.env.PATH ?? ''},
    readyTimeoutMs: 10_000,
    graceMs: 5_000,
    ready: 'fd',
    port: null,
    restart: 'start-first',
    idleTimeoutMs: null,
    presentAs: null,
    reloads: 'pages',
    watch: [],
    ignore: [],
    dependsOn: [],
    workspace: null,
    request: {directory: tmpdir(), configFile: null, name, variant: null, words: [], staticRoutes: [], terminal: {}},
    ...more,
  };
}
