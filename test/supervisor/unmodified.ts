import assert from 'node:assert/strict';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {openContractPipes} from '../../src/supervisor/contract-pipes.js';
import type {Endpoint} from '../../src/supervisor/endpoint.js';
import type {LaunchSpec} from '../../src/supervisor/launch-spec.js';
import {readLines} from '../../src/supervisor/output.js';
import {endGroup} from '../../src/supervisor/process-group.js';
import {awaitReadiness, type Readiness} from '../../src/supervisor/readiness.js';
import {type SpawnedApp, spawnApp} from '../../src/supervisor/spawn.js';
import {systemClock} from '../../src/system/clock.js';
import {commandSpec} from './apps.js';

/** A program that knows nothing of tako, started as one. */
export type UnmodifiedApp = {
  readonly child: SpawnedApp;
  readonly readiness: Readiness;
  /** Its own output, of both streams. */
  readonly printed: readonly string[];
  /** Every place it moved to since it was ready. */
  readonly moves: readonly Endpoint[];
  untilMoved(count: number): Promise<void>;
  untilPrinted(pattern: RegExp): Promise<void>;
};

/** Programs in a folder of their own. Whoever makes it closes it. */
export async function createWorkshop() {
  const folder = await mkdtemp(path.join(tmpdir(), 'tako-unmodified-'));
  const children: SpawnedApp[] = [];
  return {
    folder,
    write: (name: string, text: string): Promise<void> => writeFile(path.join(folder, name), text),
    start: async (command: readonly string[], changes: Partial<LaunchSpec> = {}): Promise<UnmodifiedApp> => {
      const spec = commandSpec(command, {ready: 'any', directory: folder, ...changes});
      const child = await spawnApp(spec, 'the-marker', await openContractPipes());
      children.push(child);
      return attend(child, spec);
    },
    /** Ends every process it started. */
    end: async (): Promise<void> => {
      for (const child of children.splice(0)) {
        await endGroup(child.pid, 0, systemClock);
        child.close();
      }
    },
    close: (): Promise<void> => rm(folder, {recursive: true, force: true}),
  };
}

async function attend(child: SpawnedApp, spec: LaunchSpec): Promise<UnmodifiedApp> {
  const printed: string[] = [];
  const moves: Endpoint[] = [];
  const checks = new Set<() => void>();
  const checkAll = (): void => {
    for (const check of checks) check();
  };
  const until = (condition: () => boolean): Promise<void> =>
    new Promise(resolve => {
      const check = (): void => {
        if (condition()) resolve();
      };
      checks.add(check);
      check();
    });
  for (const stream of [child.stdout, child.stderr]) {
    void readLines(stream, line => {
      printed.push(line);
      checkAll();
    });
  }
  child.signs.onRebind(endpoint => {
    moves.push(endpoint);
    checkAll();
  });
  const {signal} = new AbortController();
  const options = {signs: child.signs, exited: child.exited, timeoutMs: spec.readyTimeoutMs, signal};
  const readiness = await awaitReadiness(options, systemClock);
  return {
    child,
    readiness,
    printed,
    moves,
    untilMoved: count => until(() => moves.length >= count),
    untilPrinted: pattern => until(() => printed.some(line => pattern.test(line))),
  };
}

/** Where a ready app is; fails with its output if it is not. */
export function endpointOf({readiness, printed}: UnmodifiedApp): Endpoint {
  assert.ok(readiness.outcome === 'ready', `${JSON.stringify(readiness)}\n${printed.join('\n')}`);
  return readiness.endpoint;
}

/** A port that nobody listens on, for a program that ignores PORT. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  assert.ok(typeof address === 'object' && address);
  return address.port;
}
