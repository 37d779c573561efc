import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {HeadParser} from '../../../src/proxy/http1/head-parser.js';
import {checkTarget, hasOption, isRefusal, upgradeOf} from '../../../src/proxy/http1/request-checks.js';
import {bytesOf} from './read-messages.js';

/** What stands in a head is in head-parser.test.ts; this is what HTTP/2 asks too, and what is asked of a parsed head. */
describe('the check of a target', () => {
  it.each([
    ['GET', '/', 'app.test', {target: '/', host: 'app.test'}],
    ['GET', '/a?b\\c', 'app.test', {target: '/a?b\\c', host: 'app.test'}],
    ['OPTIONS', '*', 'app.test', {target: '*', host: 'app.test'}],
    ['GET', 'https://app.test:8443/a', 'APP.test:8443', {target: '/a', host: 'APP.test:8443'}],
  ])('lets %s %s of %s pass', (method, target, host, expected) => {
    assert.deepEqual(checkTarget(method, target, host), expected);
  });

  it.each([
    ['CONNECT', '/', 'app.test', 405],
    ['TRACK', '/', 'app.test', 405],
    ['GET', '*', 'app.test', 400],
    ['GET', '', 'app.test', 400],
    ['GET', '/a\\b', 'app.test', 400],
    ['GET', 'http://app.test/a\\b', 'app.test', 400],
    ['GET', 'http://app.test:80/', 'app.test', 400],
    ['GET', 'http://app.test', 'other.test', 400],
    ['GET', 'javascript://app.test/', 'app.test', 400],
    ['GET', '/', '', 400],
    ['GET', '/', 'app.test/', 400],
  ])('refuses %s %j of %j with %i', (method, target, host, status) => {
    const checked = checkTarget(method, target, host);
    assert.ok(isRefusal(checked));
    assert.equal(checked.status, status);
  });
});

describe('a wish to upgrade', () => {
  it.each([
    ['Connection: Upgrade\r\nUpgrade: WebSocket', 'websocket'],
    ['Connection: keep-alive, upgrade\r\nUpgrade: foo/1.0', 'foo/1.0'],
    ['Connection: keep-alive\r\nConnection: upgrade\r\nUpgrade: websocket', 'websocket'],
    ['Upgrade: websocket', undefined],
    ['Connection: keep-alive\r\nUpgrade: websocket', undefined],
    ['Connection: upgrade', undefined],
    ['Connection: upgrade\r\nUpgrade:', undefined],
    ['Connection: upgrade\r\nUpgrade: h2c', undefined],
    ['Connection: upgrade, http2-settings\r\nUpgrade: H2C\r\nHTTP2-Settings: AA', undefined],
    ['Connection: upgrade\r\nUpgrade: HTTP/2.0', undefined],
    ['Connection: upgrade\r\nUpgrade: TLS/1.2', undefined],
    ['Connection: upgrade\r\nUpgrade: websocket, h2c', undefined],
    ['Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c', undefined],
    ['Connection: upgraded\r\nUpgrade: websocket', undefined],
  ])('of %j is for %s', (fields, protocol) => {
    assert.equal(upgradeOf(parse(`GET / HTTP/1.1\r\n${fields}\r\n\r\n`)), protocol);
  });

  it('is of GET in HTTP/1.1 only', () => {
    const fields = 'Connection: upgrade\r\nUpgrade: websocket\r\n\r\n';
    assert.equal(upgradeOf(parse(`POST / HTTP/1.1\r\n${fields}`)), undefined);
    assert.equal(upgradeOf(parse(`GET / HTTP/1.0\r\n${fields}`)), undefined);
  });
});

describe('an option of Connection', () => {
  it.each([
    ['close', true],
    ['CLOSE', true],
    ['keep-alive,  Close ', true],
    ['\tclose\t,', true],
    ['closed', false],
    ['not-close', false],
    ['keep-alive', false],
    ['"close"', false],
    ['', false],
  ])('in %j: close is there: %s', (value, isThere) => {
    assert.equal(hasOption(parse(`GET / HTTP/1.1\r\nConnection: ${value}\r\n\r\n`).fields, 'close'), isThere);
  });
});

function parse(head: string): HeadParser {
  const parser = new HeadParser({fields: 100, targetBytes: 100});
  assert.ok(parser.parseRequest(bytesOf(head), 0) > 0);
  return parser;
}
