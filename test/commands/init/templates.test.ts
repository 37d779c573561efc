import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {type AppFile, listTemplates, readTemplate} from '../../../src/commands/init/templates.js';
import {configOf} from '../../config/support.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const FOLDER = path.join(ROOT, 'templates/apps');
const WANTED = [
  ...['node', 'bun', 'express', 'hono', 'vite-react', 'vite-static', 'next', 'astro'],
  ...['go', 'python', 'monorepo', 'proxy'],
];
const SHOP = {name: 'my-shop', route: 'shop.example.org', takoVersion: '9.8.7'};

const textsOf = (files: readonly AppFile[], name: string): readonly string[] =>
  files.filter(file => path.posix.basename(file.path) === name).map(({content}) => content.toString());

describe('the templates', () => {
  it('are those that are listed, each in a folder of its own', () => {
    assert.deepEqual(
      listTemplates().map(({id}) => id),
      WANTED,
    );
    const folders = readdirSync(FOLDER, {withFileTypes: true}).filter(entry => entry.isDirectory());
    assert.deepEqual(folders.map(({name}) => name).sort(), [...WANTED].sort());
  });

  describe.each(listTemplates())('$id', template => {
    it('has every placeholder filled in', async () => {
      for (const {path: file, content} of await readTemplate(template, SHOP)) {
        assert.doesNotMatch(content.toString(), /\{\{\s*(?:name|NAME|route|takoVersion|version)\s*\}\}/, file);
      }
    });

    it('has tako.toml files without a problem or a warning, for that name and route', async () => {
      const configs = textsOf(await readTemplate(template, SHOP), 'tako.toml').map(text => configOf(text));
      assert.ok(configs.length > 0);
      for (const {name, environments, start} of configs) {
        assert.match(name, /^my-shop(?:-|$)/);
        assert.match(environments.production?.routes[0]?.host ?? '', /(?:^|\.)shop\.example\.org$/);
        assert.equal(start, undefined, 'what can be found out is');
      }
    });

    it('keeps out of git what is of one machine, but not the secrets', async () => {
      const [text = ''] = textsOf(await readTemplate(template, SHOP), '.gitignore');
      assert.match(text, /^\.tako\/\*\n!\.tako\/secrets\.json$/m);
    });

    it('has nothing that npm leaves out of a package', async () => {
      const names = readdirSync(path.join(FOLDER, template.id), {recursive: true, encoding: 'utf8'});
      const lost = names.filter(name =>
        /(?:^|\/)(?:\.gitignore|\.npmrc|\.npmignore|node_modules|package-lock\.json)$/.test(name),
      );
      assert.deepEqual(lost, []);
    });

    it('asks for this tako where it asks for one', async () => {
      for (const text of textsOf(await readTemplate(template, SHOP), 'package.json')) {
        const {dependencies = {}, devDependencies = {}} = JSON.parse(text);
        const range = dependencies['tako.sh'] ?? devDependencies['tako.sh'] ?? '^9.8.7';
        assert.equal(range, '^9.8.7');
      }
    });
  });
});

describe('packages/create-tako', () => {
  it('goes with the tako of its own version', () => {
    const read = (file: string) => JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'));
    const {version, dependencies} = read('packages/create-tako/package.json');
    const own = read('package.json').version;
    assert.deepEqual([version, dependencies['tako.sh']], [own, `^${own}`]);
  });
});
