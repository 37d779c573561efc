import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {manifestBytes} from '../../../src/prod/releases/manifest-bytes.js';
import {makeManifestPatch, manifestPatchBytes} from '../../../src/prod/releases/manifest-patch.js';
import {COLLECT_AFTER_MS} from '../../../src/prod/releases/object-store.js';
import {planPrune} from '../../../src/prod/releases/plan-prune.js';
import {sha256Of} from '../../../src/prod/releases/sha256.js';
import {addRelease, type Files, fileEntry, laterClock, manifestOf, openStore} from './support.js';

const SHOP = {app: 'shop', environment: 'production'};

const FILES: Files = {
  'server.js': 'listen()',
  'bin/run.sh': '#!/bin/sh\necho run',
  'node_modules/ui/index.js': 'ui',
  'node_modules/.bin/ui': ['../ui/index.js'],
  'packages/deep/er/file.txt': '',
};

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).sort() : []);
const releasesIn = (root: string): string => path.join(root, 'apps/shop/production/releases');

describe('a prepared release', () => {
  it('has the files of its manifest, with their modes and links', async () => {
    const {store, root} = await openStore();
    const {id, tree, manifest} = await store.prepare(await addRelease(store, FILES));
    assert.equal(tree, path.join(releasesIn(root), id, 'tree'));
    assert.equal(manifest.files.length, 5);
    assert.equal(readFileSync(path.join(tree, 'node_modules/.bin/ui'), 'utf8'), 'ui');
    assert.equal(readlinkSync(path.join(tree, 'node_modules/.bin/ui')), '../ui/index.js');
    const modeOf = (name: string): number => statSync(path.join(tree, name)).mode & 0o777;
    assert.deepEqual(['server.js', 'bin/run.sh', 'packages/deep', '.'].map(modeOf), [0o444, 0o555, 0o755, 0o755]);
    assert.equal(spawnSync(path.join(tree, 'bin/run.sh'), {encoding: 'utf8'}).stdout, 'run\n');
  });

  it('shares what did not change with the one before', async () => {
    const {store} = await openStore();
    const first = await store.prepare(await addRelease(store, FILES));
    const second = await store.prepare(await addRelease(store, {...FILES, 'server.js': 'other()'}));
    const [a, b] = ['server.js', 'bin/run.sh'].map(
      name => statSync(path.join(first.tree, name)).ino === statSync(path.join(second.tree, name)).ino,
    );
    assert.deepEqual([first.id !== second.id, a, b], [true, false, true]);
  });

  it('is readable, and not writable, for other users, whatever the umask', async () => {
    const before = process.umask(0o077);
    try {
      const {store, root} = await openStore();
      const {tree} = await store.prepare(await addRelease(store, FILES));
      for (const folder of ['apps', 'apps/shop', 'apps/shop/production', 'apps/shop/production/releases']) {
        assert.equal(statSync(path.join(root, folder)).mode & 0o777, 0o755, folder);
      }
      assert.equal(statSync(path.dirname(tree)).mode & 0o777, 0o755);
      for (const folder of ['objects', 'manifests']) assert.equal(statSync(path.join(root, folder)).mode & 0o077, 0);
    } finally {
      process.umask(before);
    }
  });

  it('is made once, asked for again and at the same time', async () => {
    const {store, root} = await openStore();
    const hash = await addRelease(store, FILES);
    const all = await Promise.all([store.prepare(hash), store.prepare(hash), store.prepare(hash)]);
    const before = statSync(all[0].tree).ino;
    const again = await store.prepare(hash);
    assert.deepEqual([statSync(again.tree).ino, namesIn(releasesIn(root))], [before, [again.id]]);
  });

  it('is found again by its id', async () => {
    const {store} = await openStore();
    const prepared = await store.prepare(await addRelease(store, FILES));
    assert.deepEqual(await store.find(SHOP, prepared.id), prepared);
    assert.deepEqual(await store.list(SHOP), [prepared.id]);
    for (const id of ['0'.repeat(12), '..', '']) assert.equal(await store.find(SHOP, id), undefined);
  });

  it('that was half made is made anew', async () => {
    const {store, root} = await openStore();
    const hash = await addRelease(store, FILES);
    const id = hash.slice(0, 12);
    for (const name of [id, `.${id}.0123456789abcdef.tmp`]) {
      mkdirSync(path.join(releasesIn(root), name, 'tree'), {recursive: true});
      writeFileSync(path.join(releasesIn(root), name, 'tree/server.js'), 'half');
    }
    assert.deepEqual(await store.list(SHOP), []);
    const {tree} = await store.prepare(hash);
    assert.equal(readFileSync(path.join(tree, 'server.js'), 'utf8'), 'listen()');
    assert.deepEqual(namesIn(releasesIn(root)), [id]);
  });

  it('is refused, with the names, when files are missing, and leaves nothing', async () => {
    const {store, root} = await openStore();
    const files = [fileEntry('a.js', 'a'), fileEntry('b.js', 'b')];
    const hash = await store.manifests.add(manifestBytes(manifestOf(files)));
    await assert.rejects(store.prepare(hash), {code: 'OBJECT_MISSING', details: ['"a.js"', '"b.js"']});
    await assert.rejects(store.prepare(sha256Of('x')), {code: 'MANIFEST_MISSING'});
    await assert.rejects(store.prepare('../../etc/passwd'), {code: 'MANIFEST_MISSING'});
    assert.deepEqual(namesIn(releasesIn(root)), []);
  });

  it('does not come of a manifest that was damaged', async () => {
    const {store, root} = await openStore();
    const hash = await addRelease(store, FILES);
    const file = path.join(root, 'manifests', hash);
    writeFileSync(file, readFileSync(file, 'utf8').replace('shop.example.com', 'evil.example.com'));
    await assert.rejects(store.prepare(hash), {code: 'MANIFEST_INVALID'});
    rmSync(file);
    await assert.rejects(store.prepare(hash), {code: 'MANIFEST_MISSING'});
  });

  it('has names only that stay in its folder', async () => {
    const {store} = await openStore();
    await assert.rejects(store.remove({app: '..', environment: 'production'}, '0'.repeat(12)), TypeError);
    await assert.rejects(store.remove(SHOP, '..'), TypeError);
    await assert.rejects(
      store.prune({app: 'shop', environment: '../..'}, () => new Set()),
      TypeError,
    );
  });
});

describe('a manifest in the store', () => {
  it('is made of a patch where the one before is there', async () => {
    const {store} = await openStore();
    const [base, next] = [manifestOf([fileEntry('a', '1')]), manifestOf([fileEntry('a', '2')])];
    const patch = manifestPatchBytes(makeManifestPatch(base, next));
    await assert.rejects(store.manifests.addPatch(patch), {code: 'MANIFEST_MISSING'});
    await store.manifests.add(manifestBytes(base));
    assert.deepEqual(await store.read(await store.manifests.addPatch(patch)), next);
  });
});

describe('removing releases', () => {
  it('takes away one, and minds none that is not there', async () => {
    const {store, root} = await openStore();
    const [first, second] = [
      await store.prepare(await addRelease(store, FILES)),
      await store.prepare(await addRelease(store, {a: '1'})),
    ];
    await store.remove(SHOP, first.id);
    await store.remove(SHOP, first.id);
    assert.deepEqual([await store.list(SHOP), namesIn(releasesIn(root))], [[second.id], [second.id]]);
  });

  it('by pruning takes away all but those that are named, and what was left half done', async () => {
    const clock = laterClock();
    const {store, root} = await openStore(clock);
    const ids: string[] = [];
    for (const content of ['1', '2', '3']) ids.push((await store.prepare(await addRelease(store, {a: content}))).id);
    mkdirSync(path.join(releasesIn(root), `.${'0'.repeat(12)}.0123456789abcdef.tmp/tree`), {recursive: true});
    mkdirSync(path.join(releasesIn(root), 'f'.repeat(12)));
    const kept = new Set(ids.slice(2));
    const removed = await store.prune(SHOP, () => kept);
    assert.deepEqual(removed.toSorted(), [...ids.slice(0, 2), 'f'.repeat(12)].toSorted());
    assert.equal(namesIn(releasesIn(root)).length, 2, 'what is young may be under way');
    clock.later(2 * 60 * 60_000);
    await store.prune(SHOP, () => kept);
    assert.deepEqual(namesIn(releasesIn(root)), [...kept]);
    assert.deepEqual(await store.prune({app: 'nobody', environment: 'production'}, () => kept), []);
  });

  it('lets a day later what only they used be collected', async () => {
    const clock = laterClock();
    const {store} = await openStore(clock);
    const [first, second] = [await addRelease(store, {...FILES, old: 'old'}), await addRelease(store, FILES)];
    const {id} = await store.prepare(first);
    await store.prepare(second);
    await store.remove(SHOP, id);
    clock.later(COLLECT_AFTER_MS + 60_000);
    assert.deepEqual(await store.collect([second]), {objects: 1, bytes: 3});
    await assert.rejects(store.read(first), {code: 'MANIFEST_MISSING'});
    assert.equal((await store.prepare(second)).manifest.files.length, 5);
  });

  it('collects nothing while a manifest that counts cannot be read', async () => {
    const clock = laterClock();
    const {store} = await openStore(clock);
    const hash = await addRelease(store, FILES);
    clock.later(COLLECT_AFTER_MS + 60_000);
    await assert.rejects(store.collect([sha256Of('gone')]), {code: 'MANIFEST_MISSING'});
    assert.equal((await store.prepare(hash)).manifest.files.length, 5);
  });
});

describe('the plan of a prune', () => {
  const DAY = 24 * 60 * 60_000;
  const now = 100 * DAY;
  const releases = Array.from({length: 15}, (_, index) => ({id: `r${index}`, deployedAt: now - index * DAY}));

  it('keeps the newest ten', () => {
    assert.deepEqual(planPrune(releases, new Set(), now), ['r10', 'r11', 'r12', 'r13', 'r14']);
  });

  it('keeps what is needed, in the place of others', () => {
    assert.deepEqual(planPrune(releases, new Set(['r14', 'r0']), now), ['r9', 'r10', 'r11', 'r12', 'r13']);
    const all = new Set(releases.map(({id}) => id));
    assert.deepEqual(planPrune(releases, all, now), []);
  });

  it('takes away what is older than a month, but not what is needed', () => {
    const old = [
      {id: 'a', deployedAt: now - 31 * DAY},
      {id: 'b', deployedAt: now - 40 * DAY},
      {id: 'c', deployedAt: now},
    ];
    assert.deepEqual(planPrune(old, new Set(['b']), now), ['a']);
  });
});
