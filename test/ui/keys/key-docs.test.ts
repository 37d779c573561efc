import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {KEY_TABLE, type KeyBinding, type KeyContext} from '../../../src/ui/keys/key-table.js';

const DOCS = path.resolve(import.meta.dirname, '../../../docs/dev.md');

const PLACES: Readonly<Record<KeyContext, string>> = {
  strip: 'log',
  dashboard: 'full screen',
  search: 'search',
  help: 'help',
};

const nameKey = (key: string): string =>
  key
    .split('-')
    .map(part => `\`${part}\``)
    .join(key === '1-9' ? ' to ' : '-');

const renderRow = ({keys, contexts, help, ofSeveral}: KeyBinding): string => {
  const places = contexts.map(context => PLACES[context]).join(', ');
  return `| ${keys.map(nameKey).join(', ')} | ${help}${ofSeveral ? ' (of several apps)' : ''} | ${places} |`;
};

describe('the keys in docs/dev.md', () => {
  it('are those of the table', () => {
    const expected = ['| key | does | in |', '|---|---|---|', ...KEY_TABLE.map(renderRow)].join('\n');
    const rows = readFileSync(DOCS, 'utf8').split('\n');
    const from = rows.indexOf('| key | does | in |');
    const to = rows.findIndex((row, place) => place > from && !row.startsWith('|'));
    assert.equal(rows.slice(from, to).join('\n'), expected);
  });
});
