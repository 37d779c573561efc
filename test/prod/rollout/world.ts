// A rollout of real processes by a real supervisor; what lies around it is a plain object that the test looks at.

import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {onTestFinished} from 'vitest';
import type {JobStep} from '../../../src/control/server-methods.js';
import type {Manifest, ReleaseProcess} from '../../../src/prod/releases/manifest.js';
import {type RolloutTarget, type RolloutWorld, rollOut} from '../../../src/prod/rollout/rollout.js';
import {createInstanceSet, type InstanceSet} from '../../../src/prod/server/instance-set.js';
import type {LoadedRelease, RunnableRelease} from '../../../src/prod/server/loaded-release.js';
import {createSupervisor} from '../../../src/supervisor/supervisor.js';
import {systemClock} from '../../../src/system/clock.js';
import {createMemoryRecords} from '../../supervisor/memory-records.js';

/** Answers with its text; `/down` with 500. Speaks the contract where it can. */
const server = (text: string, more = ''): string => `
import {createServer} from 'node:http';
import fs from 'node:fs';
const {token} = process.env.SPEAKS === 'fd' ? JSON.parse(fs.readFileSync(3, 'utf8')) : {};
const server = createServer((request, response) => {
  if (request.url === '/status') response.setHeader('x-tako-internal-token', token ?? 'none');
  response.statusCode = request.url === '/down' ? 500 : 200;
  response.end(${JSON.stringify(text)});
});
server.listen(Number(process.env.PORT), '127.0.0.1', () => {
  if (process.env.SPEAKS === 'fd') fs.writeSync(4, server.address().port + '\\n');
});
${more}`;

const DEFAULT_PROCESS: ReleaseProcess = {
  command: ['node', 'server.mjs'],
  runtime: null,
  ready: 'any',
  port: null,
  readyTimeoutMs: 10_000,
  graceMs: 2_000,
  idleTimeoutMs: null,
  health: {type: 'tcp'},
  healthTimings: {intervalMs: 20, timeoutMs: 5_000, windowMs: 10_000},
  stabilityMs: 50,
  limits: {memoryBytes: null, processes: null, openFiles: null},
};

export type ReleaseOptions = {
  readonly id: string;
  readonly source?: string;
  readonly text?: string;
  readonly process?: Partial<ReleaseProcess> | null;
  readonly releaseCommand?: string;
  readonly variables?: Readonly<Record<string, string>>;
};

export function createWorld() {
  const root = mkdtempSync(path.join(tmpdir(), 'tako-rollout-'));
  const supervisor = createSupervisor({clock: systemClock, records: createMemoryRecords()});
  onTestFinished(async () => {
    await supervisor.close();
    rmSync(root, {recursive: true});
  });
  const steps: JobStep[] = [];
  const drained: string[] = [];
  const serving: {release: LoadedRelease | undefined; set: InstanceSet | undefined; gaps: number} = {
    release: undefined,
    set: undefined,
    gaps: 0,
  };

  function createRelease({id, text = id, source = server(text), ...options}: ReleaseOptions): LoadedRelease {
    const tree = mkdtempSync(path.join(root, 'release-'));
    writeFileSync(path.join(tree, 'server.mjs'), source);
    const program = options.process === null ? null : {...DEFAULT_PROCESS, ...options.process};
    const manifest: Manifest = {
      app: 'shop',
      environment: 'production',
      format: 1,
      files: [],
      directory: '.',
      process: program,
      assets: {folders: [], mounts: [], fallback: null},
      routes: ['shop.example.com'],
      variables: options.variables ?? {},
      releaseCommand: options.releaseCommand ?? null,
      ssl: 'internal',
      sourceIp: 'auto',
      settings: {scale: null, keepReleases: 10, assetsWindowMs: 86_400_000},
      commit: null,
    };
    return {id: id.padEnd(12, '0'), manifest, tree};
  }

  const createSet = (release: RunnableRelease): InstanceSet =>
    createInstanceSet({
      release,
      place: {
        deployment: 'shop/production',
        dataFolder: root,
        nodeFile: process.execPath,
        token: 'the token',
      },
      supervisor,
      drain: async ({port}) => void drained.push(String(port)),
    });

  async function deploy(
    release: LoadedRelease,
    {scale = 1, ...world}: {readonly scale?: number} & Partial<RolloutWorld> = {},
  ): Promise<LoadedRelease> {
    steps.length = 0;
    const target: RolloutTarget = {
      current: serving.set,
      token: 'the token',
      createSet,
      openGap: () => {
        serving.gaps += 1;
        return () => undefined;
      },
      switchTo: ({release: next}, set) => Object.assign(serving, {release: next, set}),
    };
    return rollOut(target, {
      clock: systemClock,
      prepare: async () => ({release, assets: undefined, scale}),
      runReleaseCommand: undefined,
      finalize: async () => undefined,
      step: (step, work) => {
        steps.push(step);
        return work();
      },
      signal: new AbortController().signal,
      ...world,
    });
  }

  /** What is answered now, by each instance. */
  const answers = (): Promise<readonly string[]> =>
    Promise.all(
      (serving.set?.ready() ?? []).map(async ({host, port}) => (await fetch(`http://${host}:${port}/`)).text()),
    );

  return {root, supervisor, steps, drained, serving, createRelease, deploy, answers, server};
}
