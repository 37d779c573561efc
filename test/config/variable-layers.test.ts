import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {explainLayers, mergeLayers, type VariableLayer} from '../../src/config/variable-layers.js';

const LAYERS: readonly VariableLayer[] = [
  {source: 'terminal', variables: {LEVEL: 'trace', HOME: '/home/me', ENV: 'mine'}},
  {source: 'tako', variables: {NODE_ENV: 'development'}},
  {source: 'vars', variables: {LEVEL: 'info', NODE_ENV: 'test'}},
  {source: 'vars.development', variables: {LEVEL: 'debug'}},
  {source: 'tako', variables: {ENV: 'development', NODE_ENV: 'production'}},
];

describe('the layers of variables', () => {
  it('give the value of the last one that has it', () => {
    assert.deepEqual(mergeLayers(LAYERS), {
      LEVEL: 'debug',
      HOME: '/home/me',
      ENV: 'development',
      NODE_ENV: 'production',
    });
  });

  it('are explained by name, with every place whose value does not count, the next one first', () => {
    const explained = explainLayers(LAYERS).map(({name, source, overrides}) => [name, source, overrides]);
    assert.deepEqual(explained, [
      ['ENV', 'tako', ['terminal']],
      ['HOME', 'terminal', []],
      ['LEVEL', 'vars.development', ['vars', 'terminal']],
      ['NODE_ENV', 'tako', ['vars']],
    ]);
  });

  it('are explained with the values that they give', () => {
    const values = Object.fromEntries(explainLayers(LAYERS).map(({name, value}) => [name, value]));
    assert.deepEqual(values, mergeLayers(LAYERS));
  });
});
