import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {diagnose, diagnoseCrash} from '../../../src/supervisor/diagnosis/diagnose.js';
import {type Facts, NO_FACTS} from '../../../src/supervisor/diagnosis/facts.js';
import {capturedOutput, exitedWith, factsWith, specWith, TIMED_OUT} from './describe.js';

const hintFor = (output: string, facts: Partial<Facts>, changes = {}): string =>
  diagnose(specWith(changes), exitedWith(1), capturedOutput(output), factsWith(facts)).hint ?? '';

describe('the next step', () => {
  it('for a listed package is the install command of the project', () => {
    const dependencies = ['express'];
    for (const packageManager of ['npm', 'pnpm', 'yarn', 'bun'] as const) {
      const hint = hintFor('node-package-missing-esm', {packageManager, dependencies});
      assert.equal(hint, `run ${packageManager} install in /web`);
    }
  });

  it('for a package that is not listed is to add it', () => {
    const hint = (packageManager: 'npm' | 'pnpm') => hintFor('node-package-missing-cjs', {packageManager});
    assert.equal(hint('npm'), 'package.json does not list it: run npm install express in /web');
    assert.equal(hint('pnpm'), 'package.json does not list it: run pnpm add express in /web');
  });

  it('for a package named by a path in it is to install the package', () => {
    const lines = ["Error: Cannot find module '@scope/kit/dist/index.js'"];
    const facts = factsWith({packageManager: 'npm', dependencies: ['@scope/kit']});
    const {message, hint} = diagnose(specWith(), exitedWith(1), lines, facts);
    assert.match(message, /the package @scope\/kit is not installed$/);
    assert.equal(hint, 'run npm install in /web');
  });

  it('for a Python module follows the file that lists them', () => {
    assert.match(
      hintFor('python-module-missing', {manifests: ['requirements.txt']}),
      /pip install -r requirements\.txt/,
    );
    assert.match(hintFor('python-module-missing', {manifests: ['uv.lock', 'pyproject.toml']}), /^run uv sync in/);
  });

  it('for a program of a package is to install, as it comes into node_modules/.bin then', () => {
    const lines = ['sh: 1: ng: not found'];
    const listed = factsWith({packageManager: 'pnpm', dependencies: ['@angular/cli']});
    const {code, hint} = diagnose(specWith(), exitedWith(127), lines, listed);
    assert.equal(code, 'COMMAND_NOT_FOUND');
    assert.equal(hint, 'run pnpm install in /web, which puts ng into node_modules/.bin');
    const unlisted = factsWith({packageManager: 'npm', dependencies: ['express'], isInstalled: false});
    assert.match(diagnose(specWith(), exitedWith(127), lines, unlisted).hint ?? '', /are not installed yet/);
    const installed = {...unlisted, isInstalled: true};
    assert.match(diagnose(specWith(), exitedWith(127), lines, installed).hint ?? '', /^install what provides ng/);
  });

  it('for a port that is taken names who has it, if it is that port', () => {
    const portOwner = {pid: 4711, name: 'node', port: 3999};
    const {message, hint} = diagnose(
      specWith(),
      exitedWith(1),
      capturedOutput('node-port-in-use'),
      factsWith({portOwner}),
    );
    assert.match(message, /: port 3999 is in use by node \(pid 4711\)$/);
    assert.match(hint ?? '', /^kill 4711 ends that program; or let the app listen on the port in its variable PORT/);
    assert.match(hintFor('node-port-in-use', {portOwner: {...portOwner, port: 80}}), /^end the program that has it/);
    assert.match(hintFor('node-port-in-use', {portOwner}, {port: 3999}), /another port in tako\.toml$/);
  });

  it('for a script that is missing is the one that was probably meant, or the choice', () => {
    assert.equal(hintFor('npm-script-missing', {scripts: ['build', 'deb']}), 'did you mean deb?');
    assert.equal(
      hintFor('npm-script-missing', {scripts: ['build', 'serve']}),
      'package.json has build, serve: choose one, or add dev',
    );
  });

  it('for a setting names the example that is there', () => {
    assert.match(hintFor('node-variable-missing', {manifests: ['.env.example']}), /, as in \.env\.example$/);
    assert.equal(
      hintFor('node-env-file-missing', {manifests: ['.env.example']}),
      'cp .env.example .env in /web, and fill it in',
    );
  });

  it('for a built file is to build', () => {
    const lines = ["Error: Cannot find module '/web/dist/server.js'"];
    const facts = factsWith({packageManager: 'npm', scripts: ['build']});
    assert.equal(diagnose(specWith(), exitedWith(1), lines, facts).hint, 'build it first: npm run build in /web');
  });
});

describe('an app that listens elsewhere', () => {
  const listeners = [{host: '127.0.0.1', port: 4000, isTls: false}] as const;
  const failure = {...TIMED_OUT, listeners};

  it('is told which port to set', () => {
    const {code, message, hint} = diagnose(specWith(), failure);
    assert.equal(code, 'APP_LISTENS_ELSEWHERE');
    assert.equal(message, 'web listens on port 4000, not on the port in PORT');
    assert.match(hint ?? '', /^set port = 4000 in tako\.toml/);
  });

  it('than its pinned port is told both', () => {
    const {message} = diagnose(specWith({port: 5000}), failure);
    assert.equal(message, 'web listens on port 4000, not on port 5000, as tako.toml says');
  });

  it('is told of file descriptor 4 only under the contract', () => {
    assert.match(diagnose(specWith({ready: 'fd'}), failure).message, /file descriptor 4/);
    assert.doesNotMatch(JSON.stringify(diagnose(specWith(), failure)), /descriptor/);
  });
});

describe('an app that opens no port', () => {
  it('is not told of a file descriptor that it need not know', () => {
    for (const isPipeClosed of [true, false]) {
      const {code, message, hint} = diagnose(specWith({command: ['npm', 'run', 'dev']}), {...TIMED_OUT, isPipeClosed});
      assert.equal(code, 'APP_NOT_READY');
      assert.equal(message, 'web runs, but did not open a port within 30 s');
      assert.doesNotMatch(hint ?? '', /descriptor/);
    }
  });

  it('is told which, when it is pinned', () => {
    const {message} = diagnose(specWith({port: 5000}), {...TIMED_OUT, listeners: []});
    assert.equal(message, 'web runs, but did not listen on port 5000 within 30 s');
  });
});

describe('a pinned port that another program has', () => {
  const failure = {outcome: 'port-taken', port: 4000, pid: 812} as const;

  it('is named with its owner, as far as it is known', () => {
    const owned = factsWith({portOwner: {pid: 812, name: 'python3', port: 4000}});
    const spec = specWith({port: 4000});
    assert.match(diagnose(spec, failure, [], owned).message, /is in use by python3 \(pid 812\)$/);
    assert.match(diagnose(spec, failure).message, /is in use by pid 812$/);
    const unknown = diagnose(spec, {...failure, pid: undefined});
    assert.match(unknown.message, /is in use$/);
    assert.match(unknown.hint ?? '', /^end that program/);
  });
});

describe('an app that was ready and crashed', () => {
  it('is told what its output shows', () => {
    const {code, message} = diagnoseCrash(specWith(), {code: 1, signal: null}, capturedOutput('node-rejection'));
    assert.equal(code, 'APP_CRASHED');
    assert.equal(message, 'web crashed with code 1: Error: the queue is not there at reject.mjs:1:31');
  });

  it('is told its exit, when nothing else is shown', () => {
    const {code, message} = diagnoseCrash(specWith(), {code: null, signal: 'SIGSEGV'}, ['GET /']);
    assert.deepEqual([code, message], ['APP_CRASHED', 'web crashed with signal SIGSEGV']);
    assert.equal(diagnoseCrash(specWith(), {code: null, signal: 'SIGKILL'}, [], NO_FACTS).code, 'APP_KILLED');
    assert.equal(diagnoseCrash(specWith(), {code: 0, signal: null}, [], NO_FACTS).code, 'APP_CRASHED');
  });
});
