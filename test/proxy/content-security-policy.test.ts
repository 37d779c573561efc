import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {findScriptPermission} from '../../src/proxy/content-security-policy.js';

describe('a script of the own host', () => {
  it.each([
    [[]],
    [["img-src 'none'"]],
    [["default-src 'self'"]],
    [["script-src 'SELF' https://cdn.example; connect-src *"]],
    [["Default-Src 'none'; Script-Src https:; Connect-Src 'self'"]],
    [["script-src 'none'; script-src-elem 'self'"]],
    [["script-src 'self'; script-src 'none'"]],
    [['sandbox allow-scripts allow-forms']],
    [["script-src 'self' 'unsafe-inline'", "default-src 'self', connect-src 'self'"]],
    [['']],
  ])('may run under %j', values => {
    assert.deepEqual(findScriptPermission(values), {nonce: undefined});
  });

  it.each([
    [["script-src 'nonce-aB3+/_-=='"], 'aB3+/_-=='],
    [["script-src 'strict-dynamic' 'nonce-abc'; object-src 'none'"], 'abc'],
    [["default-src 'self'; script-src 'nonce-abc' 'self'"], 'abc'],
    [["script-src 'self'", "script-src 'nonce-abc'"], 'abc'],
  ])('may run with its nonce under %j', (values, nonce) => {
    assert.deepEqual(findScriptPermission(values), {nonce});
  });

  it.each([
    [["default-src 'none'"]],
    [["script-src 'none'"]],
    [["script-src 'unsafe-inline' https://cdn.example"]],
    [["script-src 'self' 'strict-dynamic'"]],
    [["script-src 'self'; connect-src https://api.example"]],
    [["script-src 'self'", "script-src 'none'"]],
    [["script-src 'self', script-src 'none'"]],
    [["script-src 'nonce-abc'", "script-src 'nonce-def'"]],
    [["script-src 'nonce-\"><img>'"]],
    [["default-src 'self'; script-src"]],
    [['sandbox']],
    [['sandbox allow-forms']],
  ])('may not run under %j', values => {
    assert.equal(findScriptPermission(values), undefined);
  });
});
