import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {invalidFile, locateFindings, renderKey, renderProblem} from '../../src/config/problem.js';

const problem = {file: 'tako.toml', line: 12, column: 3, key: 'envs.production.rout', message: 'unknown key'};

describe('renderProblem', () => {
  it('is one line that begins with the place', () => {
    assert.equal(
      renderProblem({...problem, suggestion: 'route'}),
      'tako.toml:12:3 envs.production.rout: unknown key, did you mean "route"?',
    );
  });

  it('leaves out what there is not', () => {
    assert.equal(renderProblem({...problem, key: ''}), 'tako.toml:12:3: unknown key');
  });
});

describe('renderKey', () => {
  it('shows indices in brackets and quotes what is not a bare key', () => {
    assert.equal(renderKey(['build_stages', 0, 'run']), 'build_stages[0].run');
    assert.equal(renderKey(['vars', 'a.b']), 'vars."a.b"');
  });

  it('lets no control character through to a terminal', () => {
    assert.equal(renderKey(['\x1b[31m']), '"\\u001b[31m"');
  });
});

describe('locateFindings', () => {
  it('puts findings in the order of the file', () => {
    const lines: Record<string, number> = {first: 1, second: 2};
    const locate = (path: readonly (string | number)[]) => ({line: lines[String(path[0])] ?? 0, column: 1});
    const findings = [
      {path: ['second'], message: 'b'},
      {path: ['first'], message: 'a'},
    ];
    assert.deepEqual(
      locateFindings(findings, 'tako.toml', locate).map(({message}) => message),
      ['a', 'b'],
    );
  });
});

describe('invalidFile', () => {
  it('carries every problem as a line', () => {
    const error = invalidFile('/app/tako.toml', [problem, {...problem, line: 13}]);
    assert.equal(error.code, 'CONFIG_INVALID');
    assert.equal(error.message, '/app/tako.toml has 2 problems');
    assert.deepEqual(error.details, [
      'tako.toml:12:3 envs.production.rout: unknown key',
      'tako.toml:13:3 envs.production.rout: unknown key',
    ]);
  });
});
