import assert from 'node:assert/strict';
import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {appendFileSync, renameSync, rmSync, symlinkSync, utimesSync} from 'node:fs';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {createFolder, seenSource, startWatch, until, write} from './support.js';

describe('a change of source', () => {
  it('is reported with its path from the folder, whether edited, new or removed', async () => {
    const folder = createFolder({'src/edited.ts': '1', 'src/removed.ts': '1'});
    const watch = await startWatch(folder);
    write(folder, {'src/edited.ts': '2', 'src/new/deep/file.ts': ''});
    rmSync(path.join(folder, 'src/removed.ts'));
    for (const file of ['src/edited.ts', 'src/new/deep/file.ts', 'src/removed.ts']) await watch.untilSeen(file);
  });

  it('is reported once and in order with those that come together with it', async () => {
    const folder = createFolder({'b.ts': '', 'a.ts': '', 'c.ts': ''});
    const watch = await startWatch(folder, {debounceMs: 500});
    for (const content of ['1', '2', '3']) write(folder, {'c.ts': content, 'b.ts': content, 'a.ts': content});
    await watch.untilSeen('a.ts');
    assert.deepEqual(watch.reports, [['a.ts', 'b.ts', 'c.ts']]);
  });

  it('is reported though others keep coming', async () => {
    const folder = createFolder({'a.ts': ''});
    const watch = await startWatch(folder, {debounceMs: 200});
    const timer = setInterval(() => appendFileSync(path.join(folder, 'a.ts'), 'x'), 20);
    await watch.untilSeen('a.ts').finally(() => clearInterval(timer));
  });

  it('is seen in a folder that was removed and is there again, and in one that was moved in', async () => {
    const folder = createFolder({'src/a.ts': '1'});
    const other = createFolder({'moved/b.ts': ''});
    const watch = await startWatch(folder);
    rmSync(path.join(folder, 'src'), {recursive: true});
    await watch.untilSeen('src/a.ts');
    watch.forget();
    write(folder, {'src/a.ts': '2'});
    await watch.untilSeen('src/a.ts');
    renameSync(path.join(other, 'moved'), path.join(folder, 'moved'));
    await watch.untilSeen('moved/b.ts');
    write(folder, {'moved/b.ts': 'edited'});
    watch.forget();
    await watch.untilSeen('moved/b.ts');
  });

  it('is seen after the whole project was removed and is there again', async () => {
    const folder = createFolder({'project/a.ts': '1'});
    const project = path.join(folder, 'project');
    const watch = await startWatch(project);
    rmSync(project, {recursive: true});
    await watch.untilSeen('a.ts');
    write(project, {'a.ts': '2'});
    await watch.flush();
    watch.forget();
    write(project, {'a.ts': '3'});
    await watch.untilSeen('a.ts');
  });

  it('is seen in a project with many files, which is watched in parts', async () => {
    const names = Array.from({length: 1_500}, (_, index) => `src/f${index % 15}/d${index % 30}/${index}.ts`);
    const folder = createFolder(Object.fromEntries(names.map(name => [name, ''])));
    const watch = await startWatch(folder);
    const edited = [...names.filter((_, index) => index % 100 === 0), 'src/f3/new.ts', 'top.ts'];
    write(folder, Object.fromEntries(edited.map(name => [name, 'edited'])));
    await until('all are reported', () => edited.every(name => watch.seen().includes(name)));
    assert.equal(new Set(watch.seen()).size, edited.length);
    for (const inner of ['src/f3/d3', 'src/f3', 'src']) {
      rmSync(path.join(folder, inner), {recursive: true});
      await watch.untilSeen('src/f3/d3/3.ts');
      watch.forget();
      write(folder, {'src/f3/d3/3.ts': inner});
      await watch.untilSeen('src/f3/d3/3.ts');
      watch.forget();
    }
  });
});

describe('what is no change of source', () => {
  it('is a save of the same content', async () => {
    const folder = createFolder({'a.ts': ''});
    const watch = await startWatch(folder);
    write(folder, {'a.ts': 'content'});
    await watch.untilSeen('a.ts');
    watch.forget();
    for (const seconds of [1, 2, 3]) {
      write(folder, {'a.ts': 'content'});
      utimesSync(path.join(folder, 'a.ts'), seconds, seconds);
      await watch.flush();
    }
    assert.deepEqual(seenSource(watch), []);
    write(folder, {'a.ts': 'other'});
    await watch.untilSeen('a.ts');
  });

  it('is a file that came and went', async () => {
    const folder = createFolder({'a.ts': ''});
    const watch = await startWatch(folder, {debounceMs: 1_000});
    write(folder, {'short-lived.ts': '', 'a.ts': 'edited'});
    rmSync(path.join(folder, 'short-lived.ts'));
    await watch.flush();
    assert.deepEqual(seenSource(watch), ['a.ts']);
  });

  it('is what tools write and what editors leave for a moment', async () => {
    const ignored = ['.git/x', 'node_modules/a/i.js', '.tako/x', 'dist/x.js', 'packages/a/build/x.js', '.next/x'];
    const files = [
      'debug.log',
      '000000000000001.jsonl',
      'data.sqlite',
      'data.sqlite-wal',
      'x.db-journal',
      'a.ts~',
      '.a.ts.swp',
      '4913',
      '.#a.ts',
    ];
    const names = [...ignored, ...files, 'target/x', '__pycache__/x.pyc', '.svelte-kit/x', '.turbo/x', '.cache/x'];
    const folder = createFolder();
    const watch = await startWatch(folder);
    for (const content of ['1', '2']) {
      write(folder, Object.fromEntries(names.map(name => [name, content])));
      await watch.flush();
    }
    assert.deepEqual(seenSource(watch), []);
  });

  it('is what tako.toml ignores, also where `watch` names it', async () => {
    const folder = createFolder();
    const watch = await startWatch(folder, {
      watch: ['docs/**'],
      ignore: ['*.gen.ts', '/fixtures', 'docs/private/', '!kept.gen.ts'],
    });
    const source = {'src/kept.gen.ts': '', 'src/fixtures/a.ts': '', 'docs/a.md': ''};
    write(folder, {...source, 'src/a.gen.ts': '', 'fixtures/a.ts': '', 'docs/private/a.md': ''});
    await watch.flush();
    await until('all is reported', () => Object.keys(source).every(file => watch.seen().includes(file)));
    assert.deepEqual(seenSource(watch), Object.keys(source).sort());
  });

  it('is anything after close, which may be called twice and leaves nothing that keeps a process alive', async () => {
    const folder = createFolder({'a.ts': ''});
    const [watch, other] = [await startWatch(folder), await startWatch(folder)];
    await Promise.all([watch.close(), watch.close()]);
    write(folder, {'a.ts': 'edited'});
    await other.untilSeen('a.ts');
    assert.deepEqual(watch.seen(), []);
  });
});

describe('files that `watch` names', () => {
  it('count though git or the defaults ignore them, with the rest of what is ignored left alone', async () => {
    const folder = createFolder({'.gitignore': 'generated/\n*.env\n'});
    const watch = await startWatch(folder, {watch: ['generated/**/*.ts', '*.env', 'dist/server/**']});
    const wanted = {'generated/api/a.ts': '', 'local.env': '', 'dist/server/x.js': ''};
    const unwanted = {
      'generated/api/a.json': '',
      'src/b.env': '',
      'dist/client/x.js': '',
      'dist/server/node_modules/a': '',
    };
    write(folder, {...wanted, ...unwanted});
    for (const file of Object.keys(wanted)) await watch.untilSeen(file);
    await watch.flush();
    assert.deepEqual(seenSource(watch), Object.keys(wanted).sort());
  });

  it('may lie above the folder, without all that is there being watched', async () => {
    const root = createFolder({'shared/a.ts': '', 'other/a.ts': '', 'app/a.ts': '', 'base.json': ''});
    const watch = await startWatch(path.join(root, 'app'), {
      watch: ['../shared/**', '../*.json', '!../shared/**/*.md'],
    });
    const unwanted = {'other/a.ts': '1', 'other/x.json': '', 'shared/notes/a.md': '', 'shared/node_modules/a.js': ''};
    write(root, {...unwanted, 'shared/a.ts': '1', 'shared/new/b.ts': '', 'base.json': '1', 'app/a.ts': '1'});
    const wanted = ['../base.json', '../shared/a.ts', '../shared/new/b.ts', 'a.ts'];
    for (const file of wanted) await watch.untilSeen(file);
    await watch.flush();
    assert.deepEqual(seenSource(watch), wanted);
  });

  it('may be named one by one, with braces, and before they are there', async () => {
    const root = createFolder({'app/a.ts': ''});
    const watch = await startWatch(path.join(root, 'app'), {watch: ['../later/one.txt', '../later/{two,three}.log']});
    write(root, {'later/one.txt': '', 'later/two.log': '', 'later/three.log': '', 'later/four.log': ''});
    const wanted = ['../later/one.txt', '../later/three.log', '../later/two.log'];
    for (const file of wanted) await watch.untilSeen(file);
    await watch.flush();
    assert.deepEqual(seenSource(watch), wanted);
  });

  it('do not count where a pattern with ! comes later, also in the folder itself', async () => {
    const folder = createFolder();
    const watch = await startWatch(folder, {watch: ['!docs/**', 'docs/api.md']});
    write(folder, {'docs/a.md': '', 'docs/api.md': '', 'src/a.md': ''});
    await watch.untilSeen('docs/api.md');
    await watch.untilSeen('src/a.md');
    await watch.flush();
    assert.deepEqual(seenSource(watch), ['docs/api.md', 'src/a.md']);
  });
});

describe('symbolic links', () => {
  it('in a circle do not hang the watch', async () => {
    const folder = createFolder({'a/b/c.ts': '', 'd/e.ts': ''});
    symlinkSync('..', path.join(folder, 'a/up'));
    symlinkSync('../d', path.join(folder, 'a/across'));
    symlinkSync('../a', path.join(folder, 'd/across'));
    symlinkSync('itself', path.join(folder, 'itself'));
    const watch = await startWatch(folder);
    write(folder, {'d/e.ts': 'edited', 'a/b/c.ts': 'edited'});
    await watch.untilSeen('a/b/c.ts');
    await watch.untilSeen('d/e.ts');
    assert.deepEqual(seenSource(watch), ['a/b/c.ts', 'd/e.ts']);
  });

  it('out of the project are followed', async () => {
    const folder = createFolder({'app/a.ts': '', 'lib/b.ts': ''});
    symlinkSync('../lib', path.join(folder, 'app/lib'));
    symlinkSync('../app', path.join(folder, 'lib/back'));
    const watch = await startWatch(path.join(folder, 'app'));
    write(folder, {'lib/b.ts': 'edited'});
    await watch.untilSeen('lib/b.ts');
    assert.deepEqual(seenSource(watch), ['lib/b.ts']);
  });
});

describe('a project with more folders than are watched', () => {
  it('says so once, and what it watches it still reports', async () => {
    const folder = createFolder({'a.ts': '', ...Object.fromEntries([1, 2, 3, 4, 5, 6].map(n => [`f${n}/x/a.ts`, '']))});
    const watch = await startWatch(folder, {maxFolders: 6});
    write(folder, {'f1/a.ts': '', 'a.ts': 'edited'});
    await watch.untilSeen('a.ts');
    await watch.untilSeen('f1/a.ts');
    assert.equal(watch.problems.length, 1);
    assert.match(watch.problems[0] ?? '', /more than 6 folders.*ignore in tako\.toml/);
  });
});

/** Root in a user namespace of its own may lower its own limits; not every system allows one. */
const withFewWatches = ['unshare', '-Ur', 'sh', '-c', 'echo 5 > /proc/sys/user/max_inotify_watches && exec "$@"', 'sh'];

const canLimitWatches = spawnSync(withFewWatches[0] ?? '', [...withFewWatches.slice(1), 'true']).status === 0;

type WatchProcess = {readonly child: ChildProcess; readonly lines: () => Record<string, unknown>[]};

function startWatchProcess(directory: string, [command = process.execPath, ...args]: readonly string[]): WatchProcess {
  const script = path.join(import.meta.dirname, 'watch-process.mjs');
  const node = command === process.execPath ? [] : [process.execPath];
  const child = spawn(command, [...args, ...node, script, directory], {stdio: ['pipe', 'pipe', 'inherit']});
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', data => (text += data));
  return {
    child,
    lines: () =>
      text
        .split('\n')
        .slice(0, -1)
        .map(line => JSON.parse(line)),
  };
}

describe('a process that watched', () => {
  it('ends by itself once the watches are closed', async () => {
    const folder = createFolder({'a.ts': '', 'src/b.ts': '', 'tako.toml': ''});
    const {child, lines} = startWatchProcess(folder, []);
    await until('it watches', () => lines().some(line => line.ready));
    write(folder, {'src/b.ts': 'edited', 'tako.toml': 'name = "a"'});
    await until('both are reported', () => lines().some(line => line.files) && lines().some(line => line.file));
    child.stdin?.end();
    await until('it ended', () => child.exitCode !== null);
    assert.deepEqual([child.exitCode, lines().at(-1)], [0, {closed: true}]);
  });
});

describe.skipIf(!canLimitWatches)('a system that has no file watch left', () => {
  it('makes it look at the files again and again, and say so with what to do', async () => {
    const folder = createFolder(Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map(n => [`f${n}/a.ts`, ''])));
    const {child, lines} = startWatchProcess(folder, withFewWatches);
    await until('it watches', () => lines().some(line => line.ready));
    write(folder, {'f8/a.ts': 'edited', 'f1/new.ts': ''});
    const files = (): unknown[] => lines().flatMap(line => line.files ?? []);
    await until('both are reported', () => files().includes('f8/a.ts') && files().includes('f1/new.ts'));
    const problems = lines().flatMap(line => line.problem ?? []);
    assert.equal(problems.length, 1, JSON.stringify(problems));
    assert.match(String(problems[0]), /no file watch left.*every 2 s.*sysctl fs\.inotify\.max_user_watches/);
    child.stdin?.end();
    await until('it ended', () => child.exitCode === 0);
  });
});
