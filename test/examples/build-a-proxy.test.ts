import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {DEFAULT_LIMITS, DEFAULT_TIMEOUTS} from '../../src/proxy/limits.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const page = readFileSync(path.join(ROOT, 'docs/build-a-proxy.md'), 'utf8');

describe('docs/build-a-proxy.md', () => {
  it('names every limit and timeout with its default', () => {
    assert.deepEqual(defaultsIn('Limits'), DEFAULT_LIMITS);
    assert.deepEqual(defaultsIn('Timeouts'), DEFAULT_TIMEOUTS);
  });

  it('shows programs that agree with the types that tako.sh/proxy has', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tako-docs-'));
    onTestFinished(() => rmSync(folder, {recursive: true}));
    const programs = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, program = '']) => program);
    assert.ok(programs.length > 3);
    for (const [index, program] of programs.entries()) writeFileSync(path.join(folder, `${index}.ts`), program);
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify({type: 'module'}));
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(compilerSettings()));
    execFileSync('npx', ['tsc', '-p', folder], {cwd: ROOT, encoding: 'utf8'});
  });
});

/** The first two columns of the table under a heading. */
function defaultsIn(heading: string): Readonly<Record<string, number>> {
  const section = page.split(/^## /m).find(text => text.startsWith(`${heading}\n`)) ?? '';
  const rows = [...section.matchAll(/^\| `(\w+)` \| ([\d,]+) \|/gm)];
  return Object.fromEntries(rows.map(([, name = '', value = '']) => [name, Number(value.replaceAll(',', ''))]));
}

/** A program of the page may begin what it does not use. */
const compilerSettings = () => ({
  extends: path.join(ROOT, 'tsconfig.json'),
  compilerOptions: {
    paths: {'tako.sh/proxy': [path.join(ROOT, 'dist/proxy/public.d.ts')]},
    typeRoots: [path.join(ROOT, 'node_modules/@types')],
    moduleDetection: 'force',
    noUnusedLocals: false,
  },
  include: [`*.ts`],
});
