import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, describe, it} from 'vitest';
import {bunOptions, nodeOptions, reportingEnvironment} from '../../src/supervisor/preloads.js';
import {requires} from '../helpers/system-parts.js';

const base = mkdtempSync(path.join(tmpdir(), 'tako-preloads-'));
afterAll(() => rmSync(base, {recursive: true}));

const AWKWARD = ['plain', 'with space', `it's`, `it's with space`];

/** A file in a folder of that name which prints when it is loaded. */
function preloadIn(name: string): string {
  const file = path.join(base, name, 'preload.cjs');
  mkdirSync(path.dirname(file), {recursive: true});
  writeFileSync(file, `console.log('loaded');`);
  return file;
}

describe('the preload', () => {
  it('is where the environment says', () => {
    const {NODE_OPTIONS, PYTHONPATH} = reportingEnvironment({}, {port: 4000, file: '/report'});
    const file = String(NODE_OPTIONS).replace('--require ', '').replace(/^"|"$/g, '');
    assert.ok(existsSync(file), file);
    assert.ok(existsSync(path.join(String(PYTHONPATH), 'sitecustomize.py')));
  });

  it.each([...AWKWARD, 'with "quotes"', 'with \\ backslash'])('is loaded by Node from a folder named %s', name => {
    const env = {...process.env, NODE_OPTIONS: nodeOptions('--title=mine', preloadIn(name))};
    assert.equal(execFileSync(process.execPath, ['-p', 'process.title'], {env, encoding: 'utf8'}), 'loaded\nmine\n');
  });

  it.skipIf(requires('bun')).each(AWKWARD)('is loaded by Bun from a folder named %s', name => {
    const main = path.join(base, 'main.mjs');
    writeFileSync(main, `console.log(process.execArgv.includes('--smol'))`);
    const env = {...process.env, BUN_OPTIONS: bunOptions('--smol', preloadIn(name))};
    assert.equal(execFileSync('bun', [main], {env, encoding: 'utf8'}), 'loaded\ntrue\n');
  });

  it('leaves a process alone when nobody reads its reports', () => {
    for (const TAKO_REPORT of ['/no/such/file', base, '']) {
      const {NODE_OPTIONS} = reportingEnvironment({}, {port: 4000, file: ''});
      const env = {...process.env, NODE_OPTIONS, TAKO_REPORT};
      const text = `const server = require('http').createServer().listen(0, () => server.close())`;
      assert.equal(execFileSync(process.execPath, ['-e', text], {env, encoding: 'utf8'}), '');
    }
  });
});
