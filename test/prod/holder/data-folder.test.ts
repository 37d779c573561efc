import assert from 'node:assert/strict';
import {chown, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, it} from 'vitest';
import {ensureDataFolder, eraseData} from '../../../src/prod/holder/data-folder.js';
import {isRoot} from './holder-process.js';

let root = '';

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'tako-data-'));
});
afterEach(() => rm(root, {recursive: true}));

const NOBODY = {user: undefined, service: undefined};
const OWNERS = {user: {uid: 71_001, gid: 71_001}, service: {uid: 71_000, gid: 71_000}};

describe('the data folder of a deployment', () => {
  it('is made once, for its user alone', async () => {
    const folder = await ensureDataFolder(root, 'shop/production', NOBODY);
    assert.equal(folder, path.join(root, 'apps/shop/production/data'));
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    await writeFile(path.join(folder, 'kept'), '');
    await ensureDataFolder(root, 'shop/production', NOBODY);
    assert.deepEqual(await readdir(folder), ['kept']);
  });

  it('is emptied, and stays', async () => {
    const folder = await ensureDataFolder(root, 'shop/production', NOBODY);
    await mkdir(path.join(folder, 'a/b'), {recursive: true});
    await writeFile(path.join(folder, 'a/b/c'), '');
    await symlink(root, path.join(folder, 'out'));
    await eraseData(folder, undefined);
    assert.deepEqual(await readdir(folder), []);
    assert.deepEqual(await readdir(root), ['apps']);
  });

  it('needs no emptying where there is none, as of an app without processes', async () => {
    await eraseData(path.join(root, 'apps/shop/production/data'), undefined);
    assert.deepEqual(await readdir(root), []);
  });

  it.each(['apps', 'apps/shop', 'apps/shop/production', 'apps/shop/production/data'])(
    'is not made where %s is a link that somebody has put there',
    async name => {
      const elsewhere = await mkdtemp(path.join(tmpdir(), 'tako-elsewhere-'));
      try {
        await mkdir(path.dirname(path.join(root, name)), {recursive: true});
        await symlink(elsewhere, path.join(root, name));
        await assert.rejects(ensureDataFolder(root, 'shop/production', NOBODY), {code: 'ENOTDIR'});
        assert.deepEqual(await readdir(elsewhere), []);
      } finally {
        await rm(elsewhere, {recursive: true});
      }
    },
  );

  it.skipIf(!isRoot)("is its user's, and those above it are the server process's", async () => {
    const folder = await ensureDataFolder(root, 'shop/production', OWNERS);
    assert.equal((await stat(folder)).uid, OWNERS.user.uid);
    const {uid, gid, mode} = await stat(path.dirname(folder));
    assert.deepEqual([uid, gid, mode & 0o777], [OWNERS.service.uid, OWNERS.user.gid, 0o710]);
    assert.equal((await stat(path.join(root, 'apps'))).uid, OWNERS.service.uid);
  });

  it.skipIf(!isRoot)('is given over by the server process, not by anybody else', async () => {
    const folder = path.join(root, 'apps/shop/production/data');
    await mkdir(folder, {recursive: true});
    await chown(folder, OWNERS.service.uid, OWNERS.service.gid);
    await ensureDataFolder(root, 'shop/production', OWNERS);
    assert.equal((await stat(folder)).uid, OWNERS.user.uid);
    await chown(folder, 71_999, 71_999);
    await assert.rejects(ensureDataFolder(root, 'shop/production', OWNERS), {code: 'FOLDER_FOREIGN'});
    assert.equal((await stat(folder)).uid, 71_999);
  });
});
