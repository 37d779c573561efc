import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {renderAppTable} from '../../src/ui/app-table.js';
import {FAILED, MORNING, READY} from './fake-session.js';

const APPS = [READY, {...FAILED, name: 'api', url: 'https://api.acme.test'}];
const LATER = MORNING + 252_000;

describe('the table of apps', () => {
  it('has a row per app, as wide as its cells need', () => {
    assert.equal(
      renderAppTable(APPS, 80, LATER),
      [
        'NAME   STATE    URL                    PID   UPTIME  MEMORY',
        'hello  ready    https://hello.test     4711  4m 12s  48.2 MB',
        'api    crashed  https://api.acme.test  -     -       -',
      ].join('\n'),
    );
  });

  it('leaves out columns from the right where the terminal is narrow', () => {
    const [titles] = renderAppTable(APPS, 50, LATER).split('\n');
    assert.equal(titles, 'NAME   STATE    URL                    PID');
  });

  it('shows the names whatever the width', () => {
    assert.equal(renderAppTable(APPS, 1, LATER), 'NAME\nhello\napi');
  });

  it('is empty without apps', () => {
    assert.equal(renderAppTable([], 80), '');
  });
});
