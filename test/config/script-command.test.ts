import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {evalCommand, isScript, scriptCommand} from '../../src/config/script-command.js';
import {configOf, factsWith, NO_FACTS} from './support.js';

const NODE = configOf('runtime = "node"');
const BUN = configOf('runtime = "bun"');
const DENO = configOf('runtime = "deno"');
const GO = configOf('runtime = "go"');
const PYTHON = configOf('runtime = "python"');
const NOTHING = configOf('');
const withNpm = (...npm: string[]) => factsWith({files: ['package.json'], packages: {...NO_FACTS.packages, npm}});

describe('a file of code', () => {
  it.each(['seed.ts', 'a/b.mjs', 'x.tsx', 'main.go', 'seed.py', 'seed.rb', 'seed.php', 'seed.sh'])('is %s', name => {
    assert.equal(isScript(name), true);
  });

  it.each(['npm', './seed', 'data.json', 'ts', 'constructor', 'a.ts/b', 'x.constructor'])('is not %s', name => {
    assert.equal(isScript(name), false);
  });
});

describe('a script', () => {
  it.each([
    ['JavaScript under Node', NODE, NO_FACTS, 'seed.mjs', ['node', 'seed.mjs']],
    ['TypeScript under Node', NODE, NO_FACTS, 'seed.ts', ['node', '--experimental-strip-types', 'seed.ts']],
    ['TypeScript of a project with tsx', NODE, withNpm('tsx'), 'seed.ts', ['tsx', 'seed.ts']],
    ['JSX of a project with tsx', NODE, withNpm('tsx'), 'seed.tsx', ['tsx', 'seed.tsx']],
    ['TypeScript under Bun', BUN, NO_FACTS, 'seed.ts', ['bun', 'seed.ts']],
    ['JSX under Bun', BUN, NO_FACTS, 'seed.jsx', ['bun', 'seed.jsx']],
    ['TypeScript under Deno', DENO, NO_FACTS, 'seed.ts', ['deno', 'run', '-A', 'seed.ts']],
    ['TypeScript of a project with a lockfile of Bun', NOTHING, factsWith({lockfile: 'bun'}), 'a.ts', ['bun', 'a.ts']],
    ['Go, as the one file it is', GO, NO_FACTS, 'cmd/seed.go', ['go', 'run', 'cmd/seed.go']],
    ['JavaScript of a project in Go', GO, NO_FACTS, 'build.mjs', ['node', 'build.mjs']],
    ['JavaScript of a project in Python', PYTHON, NO_FACTS, 'build.js', ['node', 'build.js']],
    [
      'Python, by the interpreter of the project',
      NODE,
      factsWith({python: ['uv', 'run', 'python']}),
      'seed.py',
      ['uv', 'run', 'python', '-u', 'seed.py'],
    ],
    ['PHP, without a server', NOTHING, NO_FACTS, 'seed.php', ['php', 'seed.php']],
    ['a shell script', NOTHING, NO_FACTS, 'seed.sh', ['sh', 'seed.sh']],
  ])('in %s is run by it', (_, config, facts, file, command) => {
    assert.deepEqual(scriptCommand(config, facts, file), command);
  });

  it('is not given to the program that serves apps of the contract', () => {
    const facts = factsWith({
      dependencies: {'tako.sh': '^1.0.0'},
      launchers: {node: '/launch.mjs', bun: '/launch.mjs', deno: '/launch.mjs'},
    });
    assert.deepEqual(scriptCommand(NODE, facts, 'seed.mjs'), ['node', 'seed.mjs']);
    assert.deepEqual(scriptCommand(BUN, facts, 'seed.ts'), ['bun', 'seed.ts']);
    assert.deepEqual(scriptCommand(DENO, facts, 'seed.ts'), ['deno', 'run', '-A', 'seed.ts']);
  });

  it('has no rule where Node would have to translate JSX', () => {
    assert.equal(scriptCommand(NODE, NO_FACTS, 'seed.tsx'), undefined);
  });
});

describe('code on the command line', () => {
  it.each([
    ['Node', NODE, NO_FACTS, ['node', '-e', '1', '--', 'a', '-b']],
    ['Node with tsx', NODE, withNpm('tsx'), ['tsx', '-e', '1', '--', 'a', '-b']],
    ['Bun', BUN, NO_FACTS, ['bun', '-e', '1', 'a', '-b']],
    ['Deno', DENO, NO_FACTS, ['deno', 'eval', '--ext=ts', '1', 'a', '-b']],
    ['Python', PYTHON, NO_FACTS, ['python3', '-c', '1', 'a', '-b']],
    [
      'the language of the files',
      NOTHING,
      factsWith({files: ['package.json'], lockfile: 'bun'}),
      ['bun', '-e', '1', 'a', '-b'],
    ],
  ])('is run by %s, with arguments', (_, config, facts, command) => {
    assert.deepEqual(evalCommand(config, facts, '1', ['a', '-b']), command);
  });

  it('cannot be in Go', () => {
    assert.equal(evalCommand(GO, NO_FACTS, '1', []), undefined);
    assert.equal(evalCommand(NOTHING, factsWith({files: ['go.mod']}), '1', []), undefined);
  });
});
