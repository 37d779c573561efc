import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {parseSimpleLine} from '../../../src/prod/deploy/shell-line.js';

describe('parseSimpleLine', () => {
  it('splits as a shell would', () => {
    assert.deepEqual(parseSimpleLine('  node  server.js --name "a b" \'c d\'e ')?.words, [
      'node',
      'server.js',
      '--name',
      'a b',
      'c de',
    ]);
    assert.deepEqual(parseSimpleLine('node ""')?.words, ['node', '']);
  });

  it('takes variables in front, with and without a program that sets them', () => {
    assert.deepEqual(parseSimpleLine('A=1 B="x y" node .'), {variables: {A: '1', B: 'x y'}, words: ['node', '.']});
    assert.deepEqual(parseSimpleLine('cross-env NODE_ENV=production node a=b'), {
      variables: {NODE_ENV: 'production'},
      words: ['node', 'a=b'],
    });
    assert.deepEqual(parseSimpleLine('exec npx next start')?.words, ['next', 'start']);
  });

  it('leaves to a shell what only a shell understands', () => {
    for (const line of [
      'a && b',
      'a | b',
      'a; b',
      'node $FILE',
      'node *.js',
      'node "$FILE"',
      'a > b',
      'node `x`',
      'cd ~',
      "node 'open",
      'a\\ b',
      'A=1',
      '',
    ]) {
      assert.equal(parseSimpleLine(line), undefined, line);
    }
  });

  it('does not take the option of a program that runs another one for the program', () => {
    assert.deepEqual(parseSimpleLine('npx -p x y')?.words, ['npx', '-p', 'x', 'y']);
  });
});
