import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import {describe, it} from 'vitest';
import {diagnose} from '../../../src/supervisor/diagnosis/diagnose.js';
import type {Failure} from '../../../src/supervisor/diagnosis/failure.js';
import {capturedOutput, exitedWith, factsWith, specWith, TIMED_OUT} from './describe.js';

const RELEASE = specWith({
  app: 'shop/production@0123456789ab#2',
  directory: '/opt/tako/apps/shop/production/releases/0123456789ab/tree',
  remote: {
    title: 'instance 2 of shop/production, release 0123456789ab,',
    environment: 'production',
    log: 'tako logs --env production --release 0123456789ab',
  },
});
const FACTS = factsWith({packageManager: 'npm', dependencies: ['express'], scripts: ['build', 'start']});

const explain = (failure: Failure, lines: readonly string[] = []) => diagnose(RELEASE, failure, lines, FACTS);
const hintOf = (failure: Failure, lines: readonly string[] = []): string => explain(failure, lines).hint ?? '';

const OUTPUTS = readdirSync(new URL('../../fixtures/output/', import.meta.url)).map(name => name.replace(/\.txt$/, ''));

describe('a start that failed on a server', () => {
  it('names the release and the instance in words', () => {
    const {message} = explain(exitedWith(1));
    assert.equal(
      message,
      'instance 2 of shop/production, release 0123456789ab, exited with code 1 before it was ready',
    );
    assert.match(hintOf(exitedWith(1)), /"tako logs --env production --release 0123456789ab" shows all/);
  });

  it('never sends anybody to the folder there, to another tako dev or to a program by its number', () => {
    const failures: readonly Failure[] = [
      ...[exitedWith(0), exitedWith(1), exitedWith(137), TIMED_OUT],
      {outcome: 'timed-out', isPipeClosed: true, listeners: [{port: 4000, host: '127.0.0.1', isTls: false}]},
      {outcome: 'line-invalid', line: 'x'},
      {outcome: 'folder-missing'} as Failure,
      {outcome: 'cancelled'},
    ];
    const explained = [
      ...failures.map(failure => explain(failure)),
      ...OUTPUTS.map(name => explain(exitedWith(1), capturedOutput(name))),
    ];
    assert.ok(explained.length > 20);
    for (const {code, message, hint = ''} of explained) {
      assert.doesNotMatch(message, /#\d|shop\/production@/, code);
      assert.doesNotMatch(
        hint,
        /tako dev|\/opt\/tako|#\d|kill \d|npm install|vars\.development|undefined/,
        `${code}: ${hint}`,
      );
      assert.notEqual(hint, '', code);
    }
  });

  it('says where a release gets its packages and variables from', () => {
    assert.match(
      hintOf(exitedWith(1), ["Error: Cannot find module 'express'"]),
      /^a release has the packages of "dependencies".*add express there, and deploy again$/,
    );
    assert.match(
      hintOf(exitedWith(1), ['Error: Missing required environment variable DATABASE_URL']),
      /^set DATABASE_URL under \[vars\.production\] in tako\.toml, and deploy again/,
    );
  });
});
