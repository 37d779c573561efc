import assert from 'node:assert/strict';
import path from 'node:path';
import {describe, it} from 'vitest';
import {readProjectFacts} from '../../src/config/project-facts.js';
import {temporaryFolder} from './support.js';

describe('readProjectFacts', () => {
  it('finds nothing in an empty folder', async () => {
    const facts = await readProjectFacts(await temporaryFolder({'.git/': ''}));
    assert.deepEqual(facts, {
      scripts: {},
      packageManager: undefined,
      lockfile: undefined,
      hasGoMod: false,
      denoTasks: [],
      hasManagePy: false,
      malformed: [],
    });
  });

  it('reads scripts and package manager, and skips what is not text', async () => {
    const packageJson = '{"packageManager": "pnpm@9.1.0", "scripts": {"dev": "vite", "test": 5}}';
    const facts = await readProjectFacts(
      await temporaryFolder({'package.json': packageJson, 'go.mod': '', 'manage.py': ''}),
    );
    assert.deepEqual({...facts.scripts}, {dev: 'vite'});
    assert.equal(facts.packageManager, 'pnpm@9.1.0');
    assert.ok(facts.hasGoMod && facts.hasManagePy);
  });

  it('takes the nearest lockfile of the repository', async () => {
    const folder = await temporaryFolder({
      'package-lock.json': '',
      'repo/.git/': '',
      'repo/pnpm-lock.yaml': '',
      'repo/near/yarn.lock': '',
      'repo/far/app/': '',
      'other/.git/': '',
    });
    const lockfile = async (name: string) => (await readProjectFacts(path.join(folder, name))).lockfile;
    assert.equal(await lockfile('repo/near'), 'yarn');
    assert.equal(await lockfile('repo/far/app'), 'pnpm');
    assert.equal(await lockfile('other'), undefined);
  });

  it('reads the tasks of a deno.json with comments', async () => {
    const deno = '{\n // tasks\n "tasks": {"dev": "deno run // x, ]", /* old */ "build": {"command": "x"},},\n}';
    const facts = await readProjectFacts(await temporaryFolder({'deno.jsonc': deno}));
    assert.deepEqual(facts.denoTasks, ['dev', 'build']);
  });

  it('names files that are not what they should be', async () => {
    const facts = await readProjectFacts(await temporaryFolder({'package.json': '{,}', 'deno.json': '[]'}));
    assert.deepEqual(facts.malformed, ['package.json', 'deno.json']);
  });
});
