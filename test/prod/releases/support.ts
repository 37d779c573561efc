import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {onTestFinished} from 'vitest';
import type {DiskSpace} from '../../../src/prod/releases/disk-space.js';
import type {Manifest, ManifestEntry, ReleaseProcess} from '../../../src/prod/releases/manifest.js';
import {manifestBytes} from '../../../src/prod/releases/manifest-bytes.js';
import {openReleaseStore, type ReleaseStore} from '../../../src/prod/releases/release-store.js';
import {sha256Of} from '../../../src/prod/releases/sha256.js';
import {type Clock, systemClock} from '../../../src/system/clock.js';

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tako-releases-'));
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  return folder;
}

/** The real time, and as much later as a test says: what a file system notes cannot be set. */
export function laterClock(): Clock & {later(ms: number): void} {
  let offset = 0;
  return {
    ...systemClock,
    now: () => Date.now() + offset,
    later(ms) {
      offset += ms;
    },
  };
}

export const PLENTY: DiskSpace = {freeBytes: 1e12, freeFiles: null};

export async function openStore(clock: Clock = systemClock): Promise<{store: ReleaseStore; root: string}> {
  const root = temporaryFolder();
  return {root, store: await openReleaseStore({root, clock, measure: async () => PLENTY})};
}

export const fileEntry = (name: string, content: string | Uint8Array, isExecutable = false): ManifestEntry => ({
  path: name,
  sha256: sha256Of(content),
  size: Buffer.byteLength(content),
  isExecutable,
});

export const PROCESS: ReleaseProcess = {
  command: ['node', 'server.js'],
  runtime: {name: 'node', file: null, version: '24.1.0'},
  ready: 'fd',
  port: null,
  readyTimeoutMs: 30_000,
  graceMs: 10_000,
  idleTimeoutMs: 300_000,
  health: {type: 'status'},
  healthTimings: {intervalMs: 250, timeoutMs: 5_000, windowMs: 30_000},
  stabilityMs: 1_000,
  limits: {memoryBytes: null, processes: null, openFiles: null},
};

export const manifestOf = (files: readonly ManifestEntry[], other: Partial<Manifest> = {}): Manifest => ({
  format: 1,
  app: 'shop',
  environment: 'production',
  files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  directory: '.',
  process: PROCESS,
  assets: {folders: [], mounts: [], fallback: null},
  routes: ['shop.example.com'],
  variables: {},
  releaseCommand: null,
  ssl: 'internal',
  sourceIp: 'auto',
  settings: {scale: null, keepReleases: 10, assetsWindowMs: 86_400_000},
  commit: null,
  ...other,
});

export async function* chunksOf(content: string | Uint8Array, size = 1 << 16): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(content);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

/** Name to content; a value in brackets is a link's target. */
export type Files = Readonly<Record<string, string | readonly [link: string]>>;

/** Puts the files and their manifest; names that end with `.sh` are executable. */
export async function addRelease(store: ReleaseStore, files: Files, other: Partial<Manifest> = {}): Promise<string> {
  const entries: ManifestEntry[] = [];
  for (const [name, content] of Object.entries(files)) {
    if (typeof content !== 'string') entries.push({path: name, link: content[0]});
    else entries.push(await putFile(store, name, content));
  }
  return store.manifests.add(manifestBytes(manifestOf(entries, other)));
}

async function putFile({objects}: ReleaseStore, name: string, content: string): Promise<ManifestEntry> {
  const isExecutable = name.endsWith('.sh');
  await objects.put(chunksOf(content), sha256Of(content), Buffer.byteLength(content), isExecutable);
  return fileEntry(name, content, isExecutable);
}
