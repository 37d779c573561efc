// `tako init` and `npm create tako` in a real terminal: typed keys, and what is there afterwards.

import assert from 'node:assert/strict';
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, describe, it} from 'vitest';
import {requires} from '../helpers/system-parts.js';
import {createTmux, keepScreen, type Tmux} from '../helpers/tmux.js';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');

let tmux: Tmux | undefined;
let parent: string | undefined;
afterEach(() => {
  tmux?.close();
  if (parent !== undefined) rmSync(parent, {recursive: true, force: true});
  tmux = undefined;
});

type Opened = {readonly tmux: Tmux; readonly folder: string};

/** The command in a folder named `shop` with these files. */
function open(args: readonly string[], files: Readonly<Record<string, string>> = {}, term = 'xterm-256color'): Opened {
  parent = realpathSync(mkdtempSync(path.join(tmpdir(), 'tako-init-')));
  const folder = path.join(parent, 'shop');
  mkdirSync(folder);
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder, file), text);
  tmux = createTmux({
    columns: 90,
    rows: 30,
    cwd: folder,
    env: {TAKO_HOME: path.join(parent, 'home')},
    command: ['env', `TERM=${term}`, process.execPath, CLI, ...args],
  });
  return {tmux, folder};
}

const read = (folder: string, file: string): string => readFileSync(path.join(folder, file), 'utf8');
const EXPRESS = {'package.json': '{"dependencies": {"express": "5"}}', 'server.js': ''};

describe.skipIf(requires('tmux'))('tako init on a terminal', () => {
  it('asks for name and route of an app that is there, and for nothing else', async () => {
    const {tmux, folder} = open(['init'], EXPRESS);
    await tmux.shows(/this is Express, run by: node server\.js\n\? Name › +shop/);
    keepScreen('init-name', tmux.screen());
    tmux.typeText('store');
    tmux.type('Enter');
    await tmux.shows(/\? Production route › +store\.example\.com/);
    tmux.typeText('store.example.org');
    tmux.type('Enter');
    await tmux.shows(/\? Write it\?/);
    keepScreen('init-review', tmux.screen());
    tmux.type('Enter');
    await tmux.shows('[left with 0]');
    keepScreen('init-left', tmux.screen());
    assert.match(read(folder, 'tako.toml'), /name = "store"[\s\S]*route = "store\.example\.org"/);
    assert.deepEqual(readdirSync(folder).sort(), ['.gitignore', 'package.json', 'server.js', 'tako.toml']);
  });

  it('says what is wrong with an answer, and goes back to one that was given', async () => {
    const {tmux, folder} = open(['init'], EXPRESS);
    await tmux.shows(/\? Name/);
    tmux.typeText('My Store');
    tmux.type('Enter');
    await tmux.shows(/use a-z, 0-9/);
    tmux.type('C-u');
    tmux.typeText('store');
    tmux.type('Enter');
    await tmux.shows(/\? Production route/);
    tmux.type('Escape');
    await tmux.shows(/\? Name › +store/);
    tmux.typeText('market');
    tmux.type('Enter');
    await tmux.shows(/\? Production route › +market\.example\.com/);
    tmux.type('Enter');
    await tmux.shows(/\? Write it\?/);
    tmux.type('Enter');
    await tmux.shows('[left with 0]');
    assert.match(read(folder, 'tako.toml'), /name = "market"/);
  });

  it('offers templates in an empty folder, and begins the one that is chosen', async () => {
    const {tmux, folder} = open(['init']);
    await tmux.shows(/\? What is it to be\?\n❯ node/);
    keepScreen('init-template', tmux.screen());
    tmux.type('Down', 'Down', 'Enter');
    await tmux.shows(/\? Name › +shop/);
    tmux.type('Enter');
    await tmux.shows(/\? Production route/);
    tmux.type('Enter');
    await tmux.shows(/a new app from express in /);
    tmux.type('Enter');
    await tmux.shows('[left with 0]');
    assert.match(read(folder, 'src/index.ts'), /Hello from shop/);
    await tmux.shows(/next, with Node 22\.18 or later:\n {2}npm install\n {2}npm run dev/);
  });

  it('asks for the folder of a new app when none is named', async () => {
    const {tmux, folder} = open(['init', '--new', '--template', 'go'], {'main.go': 'package main\n'});
    await tmux.shows(/\? Folder › +my-app/);
    tmux.typeText('../shop');
    tmux.type('Enter');
    await tmux.shows(/there is something in it already/);
    tmux.type('C-u');
    tmux.typeText('../Store.2');
    tmux.type('Enter');
    await tmux.shows(/\? Name › +store-2/);
    tmux.type('Enter');
    await tmux.shows(/\? Production route/);
    tmux.type('Enter');
    await tmux.shows(/\? Write it\?/);
    tmux.type('Enter');
    await tmux.shows(/next, with Go 1\.22 or later:\n {2}cd \.\.\/Store\.2\n {2}npx tako\.sh dev/);
    assert.match(read(folder, '../Store.2/go.mod'), /^module store-2$/m);
  });

  it.each([
    ['the first question', []],
    ['the last one', ['Enter', 'Enter']],
  ])('leaves nothing behind when Ctrl-C comes at %s', async (_, keys) => {
    const {tmux, folder} = open(['init', '../new', '--template', 'node']);
    await tmux.shows(/\? Name/);
    for (const key of keys) {
      tmux.type(key);
      await tmux.shows(/\? (?:Production route|Write it)/);
    }
    if (keys.length > 0) await tmux.shows(/\? Write it\?/);
    tmux.type('C-c');
    await tmux.shows('[left with 130]');
    await tmux.shows(/nothing was written \[CANCELLED\]/);
    assert.deepEqual(readdirSync(path.dirname(folder)).sort(), ['home', 'shop']);
    assert.equal(tmux.ask('#{cursor_flag}'), '1');
    tmux.typeText('echoed');
    await tmux.shows('echoed');
  });

  it('shows what a tako.toml that is there has, and changes what is answered otherwise', async () => {
    const text = '# Ours.\nname = "shop" # the shop\n\n[envs.production]\nroute = "a.example.com"\n';
    const {tmux, folder} = open(['init'], {'tako.toml': text});
    await tmux.shows(/\? Name › +shop/);
    tmux.type('Enter');
    await tmux.shows(/\? Production route › +a\.example\.com/);
    tmux.typeText('b.example.com');
    tmux.type('Enter');
    await tmux.shows(/\? Change tako\.toml\?/);
    tmux.type('Enter');
    await tmux.shows(/changed {2}tako\.toml/);
    assert.equal(read(folder, 'tako.toml'), text.replace('a.example.com', 'b.example.com'));
  });

  it('asks in plain lines on a terminal that can do no more', async () => {
    const {tmux, folder} = open(['init'], EXPRESS, 'dumb');
    await tmux.shows(/Name \[shop\]:/);
    tmux.type('Enter');
    await tmux.shows(/Production route \[shop\.example\.com\]:/);
    tmux.typeText('<');
    tmux.type('Enter');
    await tmux.shows(/example\.com\]: <\nName \[shop\]:/);
    tmux.typeText('store');
    tmux.type('Enter');
    await tmux.shows(/Production route \[store\.example\.com\]:/);
    tmux.type('Enter');
    await tmux.shows(/Write it\? \[enter\]:/);
    keepScreen('init-plain', tmux.screen());
    tmux.type('Enter');
    await tmux.shows('[left with 0]');
    assert.match(read(folder, 'tako.toml'), /name = "store"/);
  });

  it('is left by Ctrl-C there too, with nothing written', async () => {
    const {tmux, folder} = open(['init'], EXPRESS, 'dumb');
    await tmux.shows(/Name \[shop\]:/);
    tmux.type('C-c');
    await tmux.shows('[left with 130]');
    assert.deepEqual(readdirSync(folder).sort(), ['package.json', 'server.js']);
  });
});
