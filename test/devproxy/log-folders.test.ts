import assert from 'node:assert/strict';
import path from 'node:path';
import {describe, it} from 'vitest';
import {decideRemoval, type LogPart, logFolderOf} from '../../src/devproxy/log-folders.js';

const DAY_MS = 24 * 60 * 60 * 1_000;
const NOW = 100 * DAY_MS;

const partOf = (app: string, file: string, more: Partial<LogPart> = {}): LogPart => ({
  ...{app, file, bytes: 10, writtenAt: NOW, isNewest: false},
  ...more,
});

const removedOf = (parts: readonly LogPart[], maxBytes: number): string[] =>
  decideRemoval(parts, new Set(['web', 'api']), {maxBytes, maxAgeMs: 30 * DAY_MS}, NOW).map(({file}) => file);

describe('the files of logs', () => {
  it('all stay while there is room', () => {
    const parts = [partOf('web', '1'), partOf('web', '2', {isNewest: true}), partOf('gone', '3', {isNewest: true})];
    assert.deepEqual(removedOf(parts, 30), []);
  });

  it('go when there is none: of apps that have gone first, then the oldest', () => {
    const parts = [
      partOf('web', 'old', {writtenAt: NOW - 3}),
      partOf('web', 'newer', {writtenAt: NOW - 2}),
      partOf('web', 'newest', {writtenAt: NOW - 9, isNewest: true}),
      partOf('gone', 'second', {isNewest: true}),
      partOf('gone', 'first', {writtenAt: NOW - 1}),
    ];
    assert.deepEqual(removedOf(parts, 40), ['first']);
    assert.deepEqual(removedOf(parts, 25), ['first', 'second', 'old']);
    assert.deepEqual(removedOf(parts, 0), ['first', 'second', 'old', 'newer']);
  });

  it('go when they are old and their app has gone, whatever room there is', () => {
    const old = {writtenAt: NOW - 31 * DAY_MS, isNewest: true};
    assert.deepEqual(removedOf([partOf('web', '1', old), partOf('gone', '2', old)], 1_000), ['2']);
  });

  it.each(['..', '.', '../up', 'a/b', '%2e%2e', 'web'])('of an app called %s are in a folder of the folder', name => {
    assert.equal(path.dirname(logFolderOf('/logs', name)), '/logs');
    assert.notEqual(path.basename(logFolderOf('/logs', name)), '..');
  });
});
