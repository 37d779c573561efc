import assert from 'node:assert/strict';
import {existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, describe, it} from 'vitest';
import {loadProject} from '../../../src/config/load-project.js';
import {createTako} from '../../helpers/tako.js';
import {documentOf, errorOf, temporaryFolder} from '../support.js';

const tako = createTako();
afterAll(() => tako.close());

/** A new folder of this name, with these files. */
function folder(name: string, files: Readonly<Record<string, string>> = {}): string {
  const directory = path.join(temporaryFolder(), name);
  mkdirSync(directory);
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(directory, file), text);
  return directory;
}

const init = (cwd: string, ...args: string[]) => tako.run(['init', ...args], {cwd});
const read = (cwd: string, file = 'tako.toml'): string => readFileSync(path.join(cwd, file), 'utf8');

const PACKAGE = '{"name": "@acme/shop", "scripts": {"dev": "next dev"}, "dependencies": {"next": "16.0.0"}}\n';

describe('tako init', () => {
  it('writes a tako.toml that tako can read, named after the folder', async () => {
    const cwd = folder('My-Shop');
    const {code, stdout, stderr} = await init(cwd);
    assert.deepEqual([code, stdout], [0, '']);
    assert.match(
      stderr,
      /^my-shop: https:\/\/my-shop\.test on your machine, https:\/\/my-shop\.example\.com on your server\n/,
    );
    assert.match(stderr, /wrote {4}tako\.toml\n/);
    const {config, warnings} = await loadProject({directory: cwd});
    assert.deepEqual([config.name, warnings], ['my-shop', []]);
    assert.equal(statSync(path.join(cwd, 'tako.toml')).mode & 0o777, 0o644);
  });

  it('takes name and route from the flags, and makes the folder', async () => {
    const cwd = temporaryFolder();
    const result = await init(cwd, 'new/folder', '--name', 'web', '--route', 'web.example.org', '--json');
    const file = path.join(cwd, 'new/folder/tako.toml');
    const {file: written, name, route, next} = documentOf(result);
    assert.deepEqual([written, name, route, next], [file, 'web', 'web.example.org', ['cd new/folder', 'tako dev']]);
    const {config} = await loadProject({directory: path.dirname(file)});
    assert.equal(config.name, 'web');
    assert.equal(config.environments.production?.routes[0]?.host, 'web.example.org');
  });

  it('finds out what the app is and how it is run, and asks for neither', async () => {
    const cwd = folder('anything', {'package.json': PACKAGE, 'pnpm-lock.yaml': ''});
    assert.deepEqual(documentOf(await init(cwd, '--yes', '--json')), {
      ok: true,
      file: path.join(cwd, 'tako.toml'),
      name: 'shop',
      route: 'shop.example.com',
      template: null,
      framework: 'Next.js',
      runtime: 'node',
      packageManager: 'pnpm',
      command: ['pnpm', 'run', 'dev'],
      written: ['tako.toml', '.gitignore'],
      changed: [],
      next: ['tako dev'],
    });
    assert.match(read(cwd), /^# A Next\.js app\.[\s\S]*^# dev = \["pnpm", "run", "dev"\]/m);
  });

  it.each([
    ['Go', 'go', {'go.mod': 'module shop\n', 'main.go': 'package main\n'}],
    ['FastAPI', 'python', {'requirements.txt': 'fastapi\n', 'main.py': ''}],
    ['Bun', 'bun', {'package.json': '{}', 'bun.lock': '', 'index.ts': ''}],
    ['Deno', 'deno', {'deno.json': '{}', 'main.ts': ''}],
    ['Ruby on Rails', 'ruby', {Gemfile: 'gem "rails"\n'}],
  ])('knows an app of %s', async (framework, runtime, files) => {
    const document = documentOf(await init(folder('shop', files), '--json'));
    assert.deepEqual([document.framework, document.runtime], [framework, runtime]);
    assert.ok(Array.isArray(document.command));
  });

  it('says so where nothing tells how an app is started', async () => {
    const {stderr} = await init(folder('shop', {'README.md': ''}));
    assert.match(stderr, /nothing says how it is started yet: write dev = \[\.\.\.\] into tako\.toml/);
  });

  it('names an app inside another project after its own folder', async () => {
    const outer = folder('outer', {'tako.toml': 'name = "outer"\n'});
    assert.equal(documentOf(await init(outer, 'inner', '--json')).name, 'inner');
  });

  it.each([
    ['name', ['--name', 'My Shop'], /name: /],
    ['route', ['--route', 'http://shop'], /envs\.production\.route: /],
  ])('refuses a %s that would not be read again, and writes nothing', async (_, flags, problem) => {
    const cwd = temporaryFolder();
    const result = await init(cwd, 'new', ...flags, '--json');
    assert.equal(result.code, 1);
    const {code, details} = errorOf(result);
    assert.equal(code, 'CONFIG_INVALID');
    assert.match(details.join('\n'), problem);
    assert.equal(existsSync(path.join(cwd, 'new')), false);
  });
});

describe('tako init where a tako.toml is', () => {
  const TOML = '# Ours.\nname = "shop"   # the shop\nready_timeout = "5s"\n\n[vars]\n  A = \'1\'\n# The end.';

  it('leaves it as it is', async () => {
    const cwd = folder('shop', {'tako.toml': TOML});
    const result = await init(cwd, '--name', 'other', '--json');
    assert.equal(result.code, 1);
    assert.equal(errorOf(result).code, 'CONFIG_EXISTS');
    assert.equal(read(cwd), TOML);
    assert.deepEqual(readdirSync(cwd), ['tako.toml']);
  });

  it('sets name and route with --yes, and keeps every other byte', async () => {
    const cwd = folder('shop', {'tako.toml': TOML});
    const document = documentOf(await init(cwd, '--yes', '--name', 'store', '--route', 'store.example.org', '--json'));
    assert.deepEqual([document.written, document.changed], [['.gitignore'], ['tako.toml']]);
    const wanted = `${TOML.replace('"shop"', '"store"')}\n\n[envs.production]\nroute = "store.example.org"\n`;
    assert.equal(read(cwd), wanted);
  });

  it('does nothing with --yes where nothing is missing, as often as it is run', async () => {
    const text = `${TOML}\n[envs.production]\nroutes = ["shop.example.com", "www.example.com"]\n`;
    const cwd = folder('shop', {'tako.toml': text});
    await init(cwd, '--yes');
    const ignored = read(cwd, '.gitignore');
    const {written, changed, route} = documentOf(await init(cwd, '--yes', '--json'));
    assert.deepEqual([written, changed, route], [[], [], 'shop.example.com']);
    assert.deepEqual([read(cwd), read(cwd, '.gitignore')], [text, ignored]);
  });

  it('says what to write where a key cannot be added safely', async () => {
    const text = 'name = "shop"\nenvs = {production = {ssl = "off", routes = ["a.example.com"]}}\n';
    const cwd = folder('shop', {'tako.toml': text});
    const result = await init(cwd, '--yes', '--route', 'b.example.com', '--json');
    const {code, hint} = errorOf(result);
    assert.deepEqual([code, hint], ['CONFIG_UNCLEAR', 'write it yourself: envs.production.route = "b.example.com"']);
    assert.equal(read(cwd), text);
  });

  it('tells what is wrong with one that cannot be read', async () => {
    const cwd = folder('shop', {'tako.toml': 'nam = "shop"\n'});
    const {code, details} = errorOf(await init(cwd, '--yes', '--json'));
    assert.equal(code, 'CONFIG_INVALID');
    assert.match(details.join(), /did you mean "name"/);
    assert.equal(read(cwd), 'nam = "shop"\n');
  });
});

describe('tako init --template', () => {
  it('begins a new app', async () => {
    const cwd = temporaryFolder();
    const document = documentOf(await init(cwd, 'my-shop', '--template', 'node', '--json'));
    assert.deepEqual(document.written, [
      ...['.gitignore', 'package.json', 'src/index.ts', 'tako.toml', 'tsconfig.json'],
      'src/tako.d.ts',
    ]);
    assert.deepEqual([document.name, document.route], ['my-shop', 'my-shop.example.com']);
    assert.deepEqual(document.next, ['cd my-shop', 'npm install', 'npm run dev']);
    const {config, warnings} = await loadProject({directory: path.join(cwd, 'my-shop')});
    assert.deepEqual([config.name, warnings], ['my-shop', []]);
  });

  it('begins one in the folder it is in, where only git has been', async () => {
    const cwd = folder('shop');
    mkdirSync(path.join(cwd, '.git'));
    const {written, next} = documentOf(await init(cwd, '--template', 'go', '--json'));
    assert.deepEqual([written, next], [['.gitignore', 'go.mod', 'main.go', 'tako.toml'], ['tako dev']]);
    assert.match(read(cwd, 'main.go'), /Hello from shop/);
  });

  it('touches no folder with files in it', async () => {
    const cwd = folder('shop', {'notes.txt': 'mine'});
    assert.equal(errorOf(await init(cwd, '--template', 'node', '--json')).code, 'FOLDER_NOT_EMPTY');
    assert.deepEqual(readdirSync(cwd), ['notes.txt']);
  });

  it('names the template that was probably meant', async () => {
    const cwd = folder('shop');
    const {code, hint, details} = errorOf(await init(cwd, '--template', 'expres', '--json'));
    assert.deepEqual([code, hint], ['TEMPLATE_UNKNOWN', 'did you mean "express"?']);
    assert.match(details.join(), /^templates: node, bun, express, hono, /);
    assert.deepEqual(readdirSync(cwd), []);
  });

  it('refuses a route that a template cannot add to', async () => {
    const cwd = folder('shop');
    const result = await init(cwd, '--template', 'monorepo', '--route', '*.example.com', '--json');
    const {code, message, details} = errorOf(result);
    assert.deepEqual([code, message], ['CONFIG_INVALID', 'apps/api/tako.toml has a problem']);
    assert.match(details.join(), /envs\.production\.route: /);
    assert.deepEqual(readdirSync(cwd), []);
  });

  it('names the package manager it was called by', async () => {
    const env = {npm_config_user_agent: 'pnpm/10.1.0 npm/? node/v24.0.0 linux x64'};
    const options = {cwd: temporaryFolder(), env};
    const result = await tako.run(['init', 'shop', '--template', 'node', '--json'], options);
    assert.deepEqual(documentOf(result).next, ['cd shop', 'pnpm install', 'pnpm run dev']);
    const bun = await tako.run(['init', 'store', '--template', 'bun', '--json'], options);
    assert.deepEqual(documentOf(bun).next, ['cd store', 'bun install', 'bun run dev']);
  });
});

describe('tako init in a project on the package tako.sh', () => {
  it('writes its types, and keeps them', async () => {
    const cwd = folder('shop', {'package.json': '{"dependencies": {"tako.sh": "1"}}', 'index.ts': ''});
    const {written} = documentOf(await init(cwd, '--json'));
    assert.deepEqual(written, ['tako.toml', '.gitignore', 'tako.d.ts']);
    assert.match(read(cwd, 'tako.d.ts'), /declare module ['"]tako\.sh['"]/);
    assert.deepEqual(documentOf(await init(cwd, '--yes', '--json')).written, []);
  });

  it('says why there are none, and leaves the rest as it is', async () => {
    const cwd = folder('shop', {'package.json': '{"dependencies": {"tako.sh": "1"}}', 'index.ts': ''});
    mkdirSync(path.join(cwd, '.tako'));
    writeFileSync(path.join(cwd, '.tako/secrets.json'), 'no JSON');
    const {code, stderr} = await init(cwd);
    assert.equal(code, 0);
    assert.match(stderr, /^its types are not written: .+ \[[A-Z_]+\]$/m);
    assert.ok(existsSync(path.join(cwd, 'tako.toml')));
  });
});
