import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {varsFor} from '../../src/config/vars.js';
import {configOf, problemsOf, warningsOf} from './support.js';

describe('varsFor', () => {
  it('puts an environment over what is for all', () => {
    const config = configOf('[vars]\nLEVEL = "info"\nZONE = "eu"\n[vars.development]\nLEVEL = "debug"');
    assert.deepEqual({...varsFor(config, 'development')}, {LEVEL: 'debug', ZONE: 'eu'});
    assert.deepEqual({...varsFor(config, 'production')}, {LEVEL: 'info', ZONE: 'eu'});
  });

  it('gives every value as text', () => {
    const config = configOf(
      '[vars]\nA = 1\nB = true\nC = 1.5\nD = 1979-05-27\nE = 9007199254740993\nF = -inf\nG = nan',
    );
    assert.deepEqual(
      {...varsFor(config, 'development')},
      {A: '1', B: 'true', C: '1.5', D: '1979-05-27', E: '9007199254740993', F: '-inf', G: 'nan'},
    );
  });

  it('knows no environment by the names of JavaScript', () => {
    assert.deepEqual({...varsFor(configOf('[vars]\nA = 1'), 'constructor')}, {A: '1'});
    assert.deepEqual({...varsFor(configOf(''), '__proto__')}, {});
  });
});

describe('[vars]', () => {
  it('refuses arrays and deeper tables', () => {
    assert.deepEqual(problemsOf('[vars]\nA = [1]\n[vars.production]\nB = {c = 1}'), [
      'tako.toml:2:1 vars.A: expected a string, number, boolean or date, found an array',
      'tako.toml:4:1 vars.production.B: expected a string, number, boolean or date, found a table',
    ]);
  });

  it('refuses names that no process can be given', () => {
    assert.equal(problemsOf('[vars]\n"A=B" = 1\n"" = 2').length, 2);
  });

  it('ignores ENV, with a warning for each', () => {
    const text = '[vars]\nENV = "x"\n[vars.production]\nENV = "y"\nA = 1';
    assert.deepEqual(warningsOf(text), [
      'tako.toml:2:1 vars.ENV: is set by tako to the name of the environment; this value is ignored',
      'tako.toml:4:1 vars.production.ENV: is set by tako to the name of the environment; this value is ignored',
    ]);
    assert.deepEqual({...varsFor(configOf(text), 'production')}, {A: '1'});
  });
});
