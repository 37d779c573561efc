import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {CLIENTS} from '../../../src/commands/doctor/clients.js';
import {REASONS} from '../../../src/commands/doctor/reasons.js';

const DOC = readFileSync(path.resolve(import.meta.dirname, '../../../docs/doctor.md'), 'utf8');
const rows = [...DOC.matchAll(/^\| `([a-z0-9-]+)` \|(.*)\|$/gm)].map(([, id = '', cells = '']) => ({
  id,
  cells: cells.split('|').map(cell => cell.trim()),
}));

describe('docs/doctor.md', () => {
  it('has every finding there is, with why it matters, and no other', () => {
    assert.deepEqual(Object.fromEntries(rows.map(({id, cells}) => [id, cells[1]])), REASONS);
  });

  it('says of each what is tried and what to do', () => {
    for (const {id, cells} of rows) assert.ok(cells.length === 3 && cells.every(Boolean), id);
  });

  it('names every client', () => {
    for (const {id} of CLIENTS)
      assert.ok(
        rows.some(row => row.id === id),
        id,
      );
  });
});
