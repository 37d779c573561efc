import assert from 'node:assert/strict';
import {it} from 'vitest';
import {envNameOf} from '../../src/config/app-url.js';

it('names the variable of an app so that a shell can use it', () => {
  assert.equal(envNameOf('my-app'), 'TAKO_URL_MY_APP');
  assert.equal(envNameOf('web2'), 'TAKO_URL_WEB2');
});
