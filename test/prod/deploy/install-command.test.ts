import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {loadProject} from '../../../src/config/load-project.js';
import {installCommand, installEnvironment} from '../../../src/prod/deploy/install-command.js';
import {findLockfile, installKey, readInstallInput} from '../../../src/prod/deploy/install-input.js';
import {findProjectRoot} from '../../../src/prod/deploy/project-root.js';
import {LINUX, projectWith} from './support.js';

const settings = (manager: 'npm' | 'pnpm' | 'yarn' | 'yarn1' | 'bun') =>
  ({manager, platform: LINUX, member: undefined, runsScripts: false}) as const;

async function inputOf(files: Readonly<Record<string, string>>) {
  const directory = await projectWith(files);
  const lockfile = await findLockfile(directory);
  assert.ok(lockfile);
  const root = await findProjectRoot(await loadProject({directory, home: '/'}), '/');
  const own = settings(lockfile.manager);
  const input = await readInstallInput(root, lockfile, own);
  return {input, texts: Object.fromEntries(input.map(([name, content]) => [name, content.toString()])), own};
}

describe('installCommand', () => {
  it('leaves out what only development needs, with every package manager', () => {
    for (const manager of ['npm', 'pnpm', 'yarn', 'yarn1', 'bun'] as const) {
      assert.match(installCommand(settings(manager)), /--omit=dev|--prod/, manager);
    }
  });

  it('takes NODE_ENV of the user out, and tells Yarn what it has no option for', () => {
    assert.equal(installEnvironment(settings('npm'), {NODE_ENV: 'development', A: '1'}).NODE_ENV, undefined);
    assert.equal(installEnvironment(settings('yarn'), {}).YARN_NODE_LINKER, 'node-modules');
  });
});

describe('readInstallInput', () => {
  const NPM = {'package.json': '{"scripts": {"prepare": "x"}, "dependencies": {"a": "1"}}', 'package-lock.json': '{}'};

  it('is the lockfile, the settings and the package.json files without scripts', async () => {
    const {texts} = await inputOf({...NPM, '.npmrc': 'x=1', 'src/a.js': '', 'patches/a.patch': 'p'});
    assert.deepEqual(Object.keys(texts), ['.npmrc', 'package-lock.json', 'package.json', 'patches/a.patch']);
    assert.deepEqual(JSON.parse(texts['package.json'] ?? ''), {dependencies: {a: '1'}});
  });

  it('has a key that changes with what is installed, and with nothing else', async () => {
    const key = async (files: Readonly<Record<string, string>>, major = 24) => {
      const {input, own} = await inputOf(files);
      return installKey(input, own, major);
    };
    const plain = await key(NPM);
    assert.equal(await key({...NPM, 'src/a.js': ''}), plain);
    assert.equal(await key({...NPM, 'package.json': '{"version": "2.0.0", "dependencies": {"a": "1"}}'}), plain);
    assert.notEqual(await key({...NPM, 'package-lock.json': '{ }'}), plain);
    assert.notEqual(await key({...NPM, 'package.json': '{"dependencies": {"a": "2"}}'}), plain);
    assert.notEqual(await key(NPM, 22), plain);
  });

  it('tells pnpm and Yarn the platform in their settings', async () => {
    const pnpm = await inputOf({'package.json': '{}', 'pnpm-lock.yaml': '', 'pnpm-workspace.yaml': 'packages: [a]\n'});
    assert.match(pnpm.texts['pnpm-workspace.yaml'] ?? '', /packages:[\s\S]*supportedArchitectures:[\s\S]*- linux/);
    assert.match(pnpm.texts['package.json'] ?? '', /"supportedArchitectures"/);
    const yarn = await inputOf({'package.json': '{}', 'yarn.lock': '__metadata:\n', '.yarnrc.yml': 'a: 1\n'});
    assert.match(yarn.texts['.yarnrc.yml'] ?? '', /a: 1[\s\S]*supportedArchitectures:[\s\S]*glibc/);
    const yarn1 = await inputOf({'package.json': '{}', 'yarn.lock': '# yarn lockfile v1\n'});
    assert.equal(yarn1.own.manager, 'yarn1');
  });
});
