import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {existsSync, readFileSync, statSync} from 'node:fs';
import {appendFile, chmod, mkdir, rm, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {describe, it} from 'vitest';
import {majorOf} from '../../../src/prod/deploy/client-platform.js';
import {sha256Of} from '../../../src/prod/releases/sha256.js';
import {failure, packageJson} from '../../config/support.js';
import {build, fakeNpm, LINUX, planned, projectWith, takoToml} from './support.js';

const SERVER = {
  'tako.toml': takoToml('', 'health = "/"\nlimits = {memory = "256M"}\n[vars]\nREGION = "eu"'),
  'package.json': packageJson({scripts: {start: 'node server.js'}}),
  'server.js': 'serve()',
  'lib/a.js': 'a',
};

describe('a release of a plain server', () => {
  it('is its files and how they run', async () => {
    const directory = await projectWith(SERVER);
    const {manifest, paths, source} = await build(directory);
    assert.deepEqual(paths, ['lib/a.js', 'package.json', 'server.js', 'tako.toml']);
    assert.deepEqual(manifest.process, {
      command: ['node', 'server.js'],
      runtime: {name: 'node', version: '24.1.0', file: null},
      ready: 'any',
      port: null,
      readyTimeoutMs: 30_000,
      graceMs: 10_000,
      idleTimeoutMs: 300_000,
      health: {type: 'http', path: '/'},
      healthTimings: {intervalMs: 250, timeoutMs: 5_000, windowMs: 30_000},
      stabilityMs: 3_000,
      limits: {memoryBytes: 256 * 2 ** 20, processes: null, openFiles: null},
    });
    assert.deepEqual(manifest.variables, {NODE_ENV: 'production', REGION: 'eu', ENV: 'production'});
    assert.deepEqual([manifest.app, manifest.environment, manifest.directory], ['shop', 'production', '.']);
    assert.deepEqual([manifest.routes, manifest.commit], [['shop.example.com'], null]);
    assert.equal(readFileSync(source(sha256Of('serve()')), 'utf8'), 'serve()');
    assert.throws(() => source('0'.repeat(64)));
  });

  it('never has what may hold a secret, what git ignores, and what tools keep', async () => {
    const directory = await projectWith({
      ...SERVER,
      '.gitignore': '*.log\n/private/\n',
      'lib/.gitignore': 'b.js',
      'lib/b.js': '',
      'out.log': '',
      'private/key.pem': '',
      '.env': 'SECRET=1',
      '.env.production': 'SECRET=1',
      'lib/.env.local': 'SECRET=1',
      '.npmrc': '//registry/:_authToken=1',
      'node_modules/x/index.js': '',
      'lib/node_modules/y/index.js': '',
      '.git/config': '',
      '.DS_Store': '',
    });
    const {paths} = await build(directory);
    assert.deepEqual(paths, ['.gitignore', 'lib/.gitignore', 'lib/a.js', 'package.json', 'server.js', 'tako.toml']);
  });

  it('has one id for the same input, wherever it is and whenever it was written', async () => {
    const [first, second] = [await projectWith(SERVER), await projectWith(SERVER)];
    const {id} = await build(first);
    assert.equal((await build(second)).id, id);
    await rm(path.join(first, '.tako'), {recursive: true});
    await writeFile(path.join(first, 'server.js'), 'serve()');
    assert.equal((await build(first)).id, id);
  });

  it('has another id when a file, a mode, a variable or the commit is another', async () => {
    const directory = await projectWith(SERVER);
    const ids = [(await build(directory)).id];
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', directory, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args]);
    await appendFile(path.join(directory, 'lib/a.js'), '!');
    ids.push((await build(directory)).id);
    await chmod(path.join(directory, 'lib/a.js'), 0o755);
    ids.push((await build(directory)).id);
    await appendFile(path.join(directory, 'tako.toml'), '\nA = "1"\n');
    ids.push((await build(directory)).id);
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'Begin\n\nmore');
    const committed = await build(directory);
    ids.push(committed.id);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(committed.manifest.commit?.message, 'Begin');
    assert.equal(committed.manifest.commit?.isDirty, false, 'what a build leaves is no change');
    await appendFile(path.join(directory, 'server.js'), '!');
    assert.equal((await build(directory)).manifest.commit?.isDirty, true);
  });

  it('reads only the files that changed when it is built again', async () => {
    const directory = await projectWith(SERVER);
    const old = new Date(Date.now() - 60_000);
    const {utimes} = await import('node:fs/promises');
    for (const name of Object.keys(SERVER)) await utimes(path.join(directory, name), old, old);
    assert.equal((await build(directory)).hashedCount, 4);
    assert.equal((await build(directory)).hashedCount, 0);
    await writeFile(path.join(directory, 'server.js'), 'serve(1)');
    const third = await build(directory);
    assert.equal(third.hashedCount, 1);
    assert.equal(readFileSync(third.source(sha256Of('serve(1)')), 'utf8'), 'serve(1)');
  });

  it('keeps links inside the project, relative, and refuses others', async () => {
    const directory = await projectWith(SERVER);
    await symlink('a.js', path.join(directory, 'lib/b.js'));
    await symlink(path.join(directory, 'lib'), path.join(directory, 'absolute'));
    const {manifest} = await build(directory);
    const links = manifest.files.filter(entry => 'link' in entry);
    assert.deepEqual(links, [
      {path: 'absolute', link: 'lib'},
      {path: 'lib/b.js', link: 'a.js'},
    ]);
    await symlink('../../elsewhere', path.join(directory, 'lib/c.js'));
    const error = await failure(() => build(directory));
    assert.deepEqual([error.code, error.details], ['LINK_OUTSIDE', ['lib/c.js']]);
  });

  it('has the program that it is run by, where that is not the Node of the server', async () => {
    const directory = await projectWith({...SERVER, '../cache/runtimes/node-22/node': 'program'});
    const program = path.join(directory, '../cache/runtimes/node-22/node');
    const {manifest, source} = await build(directory, {runtime: {name: 'node', version: '22.1.0', program}});
    assert.deepEqual(manifest.process?.runtime, {name: 'node', version: '22.1.0', file: '.tako/runtime/node'});
    const entry = manifest.files.find(file => file.path === '.tako/runtime/node');
    assert.deepEqual(entry, {path: '.tako/runtime/node', sha256: sha256Of('program'), size: 7, isExecutable: true});
    assert.equal(source(sha256Of('program')), program);
  });

  it('is refused when what it starts is not in it', async () => {
    const directory = await projectWith({...SERVER, 'tako.toml': takoToml('start = ["node", "dist/server.js"]')});
    assert.equal((await failure(() => build(directory))).code, 'START_NOT_FOUND');
  });

  it('is of the contract where tako.toml says so', async () => {
    const directory = await projectWith({...SERVER, 'tako.toml': takoToml('ready = "fd"', 'health = "status"')});
    const {process} = (await build(directory)).manifest;
    assert.deepEqual([process?.ready, process?.health], ['fd', {type: 'status'}]);
  });
});

const VITE = {
  'tako.toml': takoToml('', '[vars]\nVITE_TITLE = "Shop"\n[build]\nrun = "sh build.sh"'),
  'package.json': packageJson({uses: ['vite'], scripts: {build: 'exit 1'}}),
  'package-lock.json': '{}',
  'index.html': '<script src=/main.js>',
  'build.sh':
    'mkdir -p dist/assets && echo "$VITE_TITLE $NODE_ENV $ENV" > dist/index.html && cp main.js dist/assets && echo built && cat node_modules/vite/index.js',
  'main.js': 'main()',
  'node_modules/vite/index.js': '// vite',
};

describe('a release of a Vite app', () => {
  it('is what the build leaves in dist, without a process', async () => {
    const {manifest, paths, source, events} = await build(await projectWith(VITE));
    assert.deepEqual(paths, ['dist/assets/main.js', 'dist/index.html']);
    assert.equal(manifest.process, null);
    assert.deepEqual(manifest.assets, {folders: ['dist'], mounts: [], fallback: null});
    assert.equal(
      readFileSync(source(sha256Of('Shop production production\n')), 'utf8'),
      'Shop production production\n',
    );
    const output = events.flatMap(event => (event.type === 'output' ? [event.text] : []));
    assert.ok(output.includes('built') && output.includes('// vite'), output.join('|'));
    assert.deepEqual(
      events.filter(({type}) => type === 'done').map(({stage}) => stage),
      ['copy', 'build', 'hash'],
    );
  });

  it('leaves the project and its packages as they are', async () => {
    const directory = await projectWith({
      ...VITE,
      'build.sh': 'rm -rf node_modules main.js && mkdir dist && echo > dist/a',
    });
    await build(directory);
    assert.ok(existsSync(path.join(directory, 'main.js')));
    assert.ok(existsSync(path.join(directory, 'node_modules/vite/index.js')));
    assert.ok(!existsSync(path.join(directory, 'dist')));
  });

  it('begins each build without what the last one left, but with the caches of frameworks', async () => {
    const script =
      'ls dist 2>/dev/null; cat .next/cache/n 2>/dev/null; mkdir -p dist .next/cache node_modules/.cache && echo > dist/a && echo cached > .next/cache/n';
    const directory = await projectWith({...VITE, 'build.sh': script});
    await build(directory);
    const {events, paths} = await build(directory);
    assert.deepEqual(
      events.flatMap(event => (event.type === 'output' ? [event.text] : [])).filter(line => line !== ''),
      ['cached'],
    );
    assert.deepEqual(paths, ['dist/a']);
    assert.ok(existsSync(path.join(directory, '.tako/build/node_modules/.cache')));
  });

  it('fails with the command and its last lines', async () => {
    const script = 'for i in $(seq 50); do echo line $i; done; echo "no such thing" >&2; exit 3';
    const error = await failure(async () => build(await projectWith({...VITE, 'build.sh': script})));
    assert.equal(error.code, 'BUILD_FAILED');
    assert.match(error.message, /"sh build.sh" exited with 3/);
    assert.ok(error.details.includes('no such thing'));
    assert.ok(error.details.length <= 30);
  });

  it('fails when the build leaves nothing to serve', async () => {
    const error = await failure(async () => build(await projectWith({...VITE, 'build.sh': 'true'})));
    assert.equal(error.code, 'ASSETS_MISSING');
  });

  it('ends everything that a build has started when it is aborted', async () => {
    const directory = await projectWith({...VITE, 'build.sh': 'sleep 600 & echo $! > pid; echo started; wait'});
    const controller = new AbortController();
    const onEvent = (event: {readonly type: string; readonly text?: string}) => {
      if (event.text === 'started') controller.abort(new Error('enough'));
    };
    await assert.rejects(build(directory, {signal: controller.signal, onEvent}), /enough/);
    const pid = Number(readFileSync(path.join(directory, '.tako/build/pid'), 'utf8'));
    while (isRunning(pid)) await delay(10);
  });

  it('serves a project of pages without what is around them', async () => {
    const directory = await projectWith({
      'tako.toml': takoToml(),
      'index.html': '',
      'a/b.css': '',
      '.well-known/x': '',
    });
    const {paths, manifest} = await build(directory);
    assert.deepEqual(paths, ['.well-known/x', 'a/b.css', 'index.html']);
    assert.deepEqual(manifest.assets.folders, ['.']);
  });
});

const WORKSPACE = {
  'package.json': '{"name": "root", "workspaces": ["apps/*", "packages/*"]}',
  'package-lock.json': '{}',
  'apps/web/tako.toml': takoToml(),
  'apps/web/package.json': packageJson({name: 'web', uses: ['@acme/ui', 'left'], scripts: {start: 'left start'}}),
  'apps/web/server.js': '',
  'packages/ui/package.json': packageJson({
    name: '@acme/ui',
    main: 'dist/index.js',
    scripts: {build: 'mkdir dist && cp in.js dist/index.js'},
  }),
  'packages/ui/in.js': 'ui',
  'packages/other/package.json': packageJson({name: '@acme/other'}),
  'node_modules/left/package.json': '{"name": "left", "bin": "cli.js"}',
};

/** What npm makes of that workspace. */
const INSTALL = `case "$1" in
install) echo "$@" >> ../../programs/calls; mkdir -p node_modules/left node_modules/@acme &&
  echo '{"name": "left", "bin": "cli.js"}' > node_modules/left/package.json && echo cli > node_modules/left/cli.js &&
  ln -s ../../packages/ui node_modules/@acme/ui && ln -s ../../packages/other node_modules/@acme/other;;
run) exec sh -c "$(node -p "require('./package.json').scripts.$2")";;
esac`;

describe('a release of an app in a workspace', () => {
  it('has what the app needs of it, built, with the packages of the server', async () => {
    const directory = await projectWith(WORKSPACE);
    const environment = await fakeNpm(directory, INSTALL);
    const {manifest, paths} = await build(`${directory}/apps/web`, {environment, cacheFolder: `${directory}/../cache`});
    assert.equal(manifest.directory, 'apps/web');
    assert.deepEqual(manifest.process?.command, ['node', '../../node_modules/left/cli.js', 'start']);
    assert.deepEqual(paths, [
      'apps/web/package.json',
      'apps/web/server.js',
      'apps/web/tako.toml',
      'node_modules/@acme/ui',
      'node_modules/left/cli.js',
      'node_modules/left/package.json',
      'packages/ui/dist/index.js',
      'packages/ui/in.js',
      'packages/ui/package.json',
    ]);
  });

  it('installs once for a lockfile, and again for another one', async () => {
    const directory = await projectWith(WORKSPACE);
    const environment = await fakeNpm(directory, INSTALL);
    const app = `${directory}/apps/web`;
    const options = {environment, cacheFolder: `${directory}/../cache`};
    const calls = () => readFileSync(path.join(directory, '../programs/calls'), 'utf8').trim().split('\n');
    const first = await build(app, options);
    assert.equal((await build(app, options)).id, first.id);
    assert.equal(calls().length, 1);
    assert.match(calls()[0] ?? '', /--omit=dev --os=linux --cpu=x64 --libc=glibc .*--workspace=web --ignore-scripts/);
    await writeFile(path.join(app, 'server.js'), 'changed');
    await build(app, options);
    assert.equal(calls().length, 1);
    await writeFile(path.join(directory, 'package-lock.json'), '{"lockfileVersion": 3}');
    await build(app, options);
    assert.equal(calls().length, 2);
  });
});

describe('packages that compile', () => {
  const files = {
    'tako.toml': takoToml(),
    'package.json': packageJson({uses: ['native'], scripts: {start: 'node x', build: 'touch built'}}),
    'package-lock.json': '{}',
    'node_modules/.keep': '',
    x: '',
  };
  const install =
    'mkdir -p node_modules/native && touch node_modules/native/binding.gyp && echo "{}" > node_modules/native/package.json && echo "$@" > ../../calls';

  it('are refused for another platform, before anything is built', async () => {
    const directory = await projectWith(files);
    const environment = await fakeNpm(directory, install);
    const error = await failure(() => build(directory, {environment}));
    assert.equal(error.code, 'NATIVE_PACKAGES');
    assert.match(error.message, /linux-x64 \(glibc\): native$/);
    assert.ok(!existsSync(path.join(directory, '.tako/build')));
    assert.deepEqual(existsSync(path.join(directory, '../cache')) ? readdir(path.join(directory, '../cache')) : [], []);
  });

  it('are installed with their scripts where this machine is like the server', async () => {
    const directory = await projectWith({...files, 'node_modules/x': ''});
    const environment = await fakeNpm(directory, `[ "$1" = run ] && exit; ${install}`);
    const client = {...LINUX, nodeMajor: 24};
    const {paths} = await build(directory, {environment, client, cacheFolder: `${directory}/../cache`});
    assert.ok(paths.includes('node_modules/native/binding.gyp'));
    assert.doesNotMatch(readFileSync(path.join(directory, '../calls'), 'utf8'), /ignore-scripts/);
  });
});

const readdir = (folder: string): readonly string[] =>
  execFileSync('ls', [folder], {encoding: 'utf8'}).split('\n').filter(Boolean);

describe('packages in what a build makes', () => {
  const nuxt = (script: string) => ({
    'tako.toml': takoToml(`[build]\nrun = "${script}"`),
    'package.json': packageJson({uses: ['nuxt']}),
    'node_modules/nuxt/index.js': '',
  });
  const output =
    'mkdir -p .output/server/node_modules/a && touch .output/server/index.mjs .output/server/node_modules/a';

  it('travel with it', async () => {
    const {paths, manifest} = await build(await projectWith(nuxt(`${output}/index.js`)));
    assert.deepEqual(paths, ['.output/server/index.mjs', '.output/server/node_modules/a/index.js', 'package.json']);
    assert.deepEqual(manifest.process?.command, ['node', '.output/server/index.mjs']);
  });

  it('are refused when they were compiled for another machine', async () => {
    const error = await failure(async () => build(await projectWith(nuxt(`${output}/x.node`))));
    assert.equal(error.code, 'NATIVE_PACKAGES');
    const client = {...LINUX, nodeMajor: 24};
    const {paths} = await build(await projectWith(nuxt(`${output}/x.node`)), {client});
    assert.ok(paths.includes('.output/server/node_modules/a/x.node'));
  });
});

describe('npm', () => {
  it('installs for the server what the lockfile says, without what only development needs', async () => {
    const directory = await projectWith({
      'tako.toml': takoToml(),
      'package.json': JSON.stringify({
        scripts: {start: 'node x.js', prepare: 'exit 1'},
        dependencies: {'is-number': '7.0.0'},
        devDependencies: {'is-odd': '3.0.1'},
      }),
      'x.js': '',
    });
    execFileSync('npm', ['install', '--package-lock-only', '--no-audit', '--ignore-scripts'], {
      cwd: directory,
      stdio: 'ignore',
    });
    const {paths} = await build(directory);
    assert.ok(paths.includes('node_modules/is-number/index.js'));
    assert.ok(!paths.some(file => file.includes('is-odd')));
    assert.ok(!existsSync(path.join(directory, 'node_modules')));
  });
});

describe('the build folder', () => {
  it('is used by one deploy at a time', async () => {
    const directory = await projectWith({
      ...VITE,
      'build.sh': 'echo started; while [ ! -e go ]; do sleep 0.05; done; mkdir dist; touch dist/a',
    });
    let second: Promise<unknown> | undefined;
    const onEvent = (event: {readonly type: string; readonly text?: string}) => {
      if (event.text === 'started')
        second ??= failure(() => build(directory)).finally(() => writeFile(path.join(directory, '.tako/build/go'), ''));
    };
    await build(directory, {onEvent});
    assert.equal(((await second) as {code: string}).code, 'DEPLOY_RUNNING');
  });

  it('has the packages as the same files, in folders of its own', async () => {
    const directory = await projectWith(VITE);
    await build(directory);
    const inode = (file: string) => statSync(path.join(directory, file)).ino;
    assert.equal(inode('.tako/build/node_modules/vite/index.js'), inode('node_modules/vite/index.js'));
    await mkdir(path.join(directory, 'node_modules/new'));
    await writeFile(path.join(directory, 'node_modules/new/a'), '');
    await rm(path.join(directory, 'node_modules/vite'), {recursive: true});
    await writeFile(path.join(directory, 'build.sh'), 'mkdir dist && ls node_modules > dist/a');
    const {source} = await build(directory);
    assert.equal(readFileSync(source(sha256Of('new\n')), 'utf8'), 'new\n');
  });
});

/** A process that ended stays in the list until its parent, here the system's first process, has asked for it. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

it('reads the major version of Node', () => {
  assert.deepEqual(['24.1.0', 'v22', '', 'x'].map(majorOf), [24, 22, 0, 0]);
});

it('plans for the packages that travel', async () => {
  assert.equal((await planned(await projectWith(SERVER))).command.needsPackages, true);
});
