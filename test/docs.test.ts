import assert from 'node:assert/strict';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

function filesIn(folder: string, ending: RegExp): string[] {
  const files = readdirSync(path.join(ROOT, folder), {recursive: true, encoding: 'utf8'});
  return files.filter(file => ending.test(file)).map(file => path.join(folder, file));
}

/** Every `new TakoError('CODE'`, error of a subclass, `code: 'CODE'`, and what functions make of a code. */
function codesIn(text: string): string[] {
  const pattern =
    /(?:new TakoError\(|new ActivationError\([^,]+,|\bproblem\(|\bnotServed\([^,]+,|\bcode:)\s*'([A-Z][A-Z_]+)'/g;
  return [...text.matchAll(pattern)].map(([, code = '']) => code);
}

/** The first column of the tables. */
const documentedIn = (text: string): string[] =>
  [...text.matchAll(/^\| `([A-Z_]+)` +\|/gm)].map(([, code = '']) => code);

const sorted = (codes: readonly string[]): string[] => [...new Set(codes)].sort();

describe('docs/errors.md', () => {
  it('lists every error code there is, and no other', () => {
    const codes = filesIn('src', /\.tsx?$/).flatMap(file => codesIn(read(file)));
    const ways = ['PORT_IN_USE', 'APP_QUEUE_FULL', 'APP_NOT_READY', 'ROUTES_MISSING', 'DEPLOYMENT_STOPPED'];
    assert.deepEqual(
      ways.filter(code => !codes.includes(code)),
      [],
    );
    assert.deepEqual(sorted(documentedIn(read('docs/errors.md'))), sorted(codes));
  });

  it('says for each when it comes and what to do', () => {
    const rows = read('docs/errors.md').match(/^\| `.*$/gm) ?? [];
    for (const row of rows) assert.match(row, /^\| `[A-Z_]+` +\| \S.* +\| \S.* +\|$/);
  });
});

/** Links of a page that stay in this repository, as [file, heading]. */
function linksIn(page: string): [file: string, heading: string][] {
  const targets = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets
    .filter(target => !/^[a-z]+:/.test(target))
    .map(target => {
      const [file = '', heading = ''] = target.split('#');
      return [file === '' ? page : path.join(path.dirname(page), file), heading];
    });
}

/** As GitHub makes an anchor of a heading. */
const headingsOf = (page: string): string[] =>
  [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

const PAGES = [...readdirSync(ROOT).filter(file => file.endsWith('.md')), ...filesIn('docs', /\.md$/)];

describe('links', () => {
  it.each(PAGES)('in %s lead somewhere', page => {
    const broken = linksIn(page).filter(
      ([file, heading]) =>
        !existsSync(path.join(ROOT, file)) || (heading !== '' && !headingsOf(file).includes(heading)),
    );
    assert.deepEqual(broken, []);
  });
});
