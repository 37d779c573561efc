// A deploy as a server does it, from the first object to the last garbage: what the fault tests interrupt.

import path from 'node:path';
import type {Manifest, ManifestEntry} from '../../../../src/prod/releases/manifest.js';
import {manifestBytes} from '../../../../src/prod/releases/manifest-bytes.js';
import {makeManifestPatch, manifestPatchBytes} from '../../../../src/prod/releases/manifest-patch.js';
import {COLLECT_AFTER_MS} from '../../../../src/prod/releases/object-store.js';
import {planPrune} from '../../../../src/prod/releases/plan-prune.js';
import {
  openReleaseStore,
  type PreparedRelease,
  type ReleaseStore,
} from '../../../../src/prod/releases/release-store.js';
import {sha256Of} from '../../../../src/prod/releases/sha256.js';
import {openState, type State} from '../../../../src/prod/state/state.js';
import {parseRoute} from '../../../../src/proxy/route-syntax.js';
import {systemClock} from '../../../../src/system/clock.js';

export const SHOP = {app: 'shop', environment: 'production'};

export type Server = {readonly store: ReleaseStore; readonly state: State};

/** A server two days later than now: what was there before this day is old. */
export async function openServer(root: string): Promise<Server> {
  const now = (): number => Date.now() + 2 * COLLECT_AFTER_MS;
  const measure = async () => ({freeBytes: 1e12, freeFiles: null});
  const store = await openReleaseStore({root, clock: {...systemClock, now}, measure});
  return {store, state: openState(path.join(root, 'server.sqlite'))};
}

/** Version `n` shares most with the one before. */
export function versionOf(n: number): {readonly manifest: Manifest; readonly contents: readonly string[]} {
  const contents = ['shared', 'shared too', `version ${n}`, `#!/bin/sh\necho ${n}`];
  const entry = (name: string, content: string, isExecutable = false): ManifestEntry => {
    return {path: name, sha256: sha256Of(content), size: content.length, isExecutable};
  };
  const [a = '', b = '', c = '', d = ''] = contents;
  const files = [
    entry('a.js', a),
    entry('bin/run', d, true),
    {path: 'current', link: 'lib/c.js'},
    entry('lib/c.js', c),
    entry('lib/deep/b.js', b),
  ];
  const manifest: Manifest = {
    ...SHOP,
    format: 1,
    files,
    directory: '.',
    process: null,
    assets: {folders: ['.'], mounts: [], fallback: null},
    routes: ['shop.example.com', `v${n}.example.com`],
    variables: {VERSION: `${n}`},
    releaseCommand: null,
    ssl: 'internal',
    sourceIp: 'auto',
    settings: {scale: null, keepReleases: 10, assetsWindowMs: 86_400_000},
    commit: null,
  };
  return {manifest, contents};
}

/** Uploads, prepares, switches, prunes to two releases, and collects. */
export async function deploy(server: Server, n: number): Promise<void> {
  const {store, state} = server;
  await upload(server, n);
  const hash = sha256Of(manifestBytes(versionOf(n).manifest));
  state.deployments.ensure(SHOP, 1);
  const {id: job} = takeJob(state, hash);
  const prepared = await store.prepare(hash);
  switchTo(state, prepared, job);
  await housekeep(server);
}

async function upload({store}: Server, n: number): Promise<void> {
  const {manifest, contents} = versionOf(n);
  const missing = new Set(await store.objects.missing(contents.map(sha256Of)));
  for (const entry of manifest.files) {
    if (!('sha256' in entry) || !missing.has(entry.sha256)) continue;
    const content = contents.find(text => sha256Of(text) === entry.sha256) ?? '';
    await store.objects.put(halves(content), entry.sha256, entry.size, entry.isExecutable);
  }
  if (n === 0) await store.manifests.add(manifestBytes(manifest));
  else await store.manifests.addPatch(manifestPatchBytes(makeManifestPatch(versionOf(n - 1).manifest, manifest)));
}

async function* halves(content: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(content);
  yield bytes.subarray(0, 3);
  yield bytes.subarray(3);
}

/** That of a process which has gone is taken over. */
function takeJob(state: State, hash: string) {
  const release = hash.slice(0, 12);
  const running = state.jobs.runningOf(SHOP);
  if (running)
    state.jobs.finish(running.id, {
      outcome: 'failed',
      step: running.step,
      problem: {code: 'X', message: 'x', hint: null, details: []},
    });
  state.releases.add(SHOP, {id: release, manifestHash: hash, deployedAt: Date.now(), by: 'ann', commit: null});
  const job = state.jobs.start({
    kind: 'deploy',
    deployment: SHOP,
    release,
    manifestHash: hash,
    by: 'ann',
    startedAt: 1,
    owner: 'x',
  });
  state.jobs.append(job.id, [{type: 'started', step: 'prepare', time: 1}]);
  return job;
}

function switchTo(state: State, {id, manifest}: PreparedRelease, job: string): void {
  const routes = manifest.routes.map(parseRoute).flatMap(parsed => (parsed.ok ? [parsed.route] : []));
  state.together(() => {
    state.switchTo(SHOP, id, routes);
    state.jobs.finish(job, {outcome: 'succeeded', release: id});
  });
}

async function housekeep({store, state}: Server): Promise<void> {
  const [current, previous] = [state.releases.current(SHOP), state.releases.previous(SHOP)];
  const needed = new Set([current, previous].flatMap(release => (release ? [release.id] : [])));
  state.releases.remove(SHOP, planPrune(state.releases.list(SHOP), needed, Date.now(), {keep: 2, maxAgeMs: 1e12}));
  await store.prune(SHOP, () => new Set(state.releases.list(SHOP).map(({id}) => id)));
  await store.collect(state.releases.manifests());
}
