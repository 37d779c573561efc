import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {HeaderFields} from '../../src/proxy/header-fields.js';
import {isNavigation} from '../../src/proxy/navigation.js';

const HTML = 'text/html,application/xhtml+xml,*/*;q=0.8';

const isGoing = (fields: Record<string, string>, method = 'GET'): boolean =>
  isNavigation({method, target: '/', host: 'app.test', fields: HeaderFields.from(Object.entries(fields).flat())});

describe('a request', () => {
  it.each([
    {accept: HTML, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document'},
    {accept: HTML, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe'},
    {accept: HTML},
    {accept: ' Text/HTML'},
  ])('with %j is a navigation', fields => {
    assert.equal(isGoing(fields), true);
  });

  it.each([
    {},
    {accept: '*/*'},
    {accept: 'application/json', 'sec-fetch-mode': 'navigate'},
    {accept: 'application/json, text/html'},
    {accept: HTML, 'sec-fetch-mode': 'cors'},
    {accept: HTML, 'sec-fetch-mode': 'navigate', 'sec-purpose': 'prefetch;prerender'},
    {accept: HTML, purpose: 'prefetch'},
  ])('with %j is none', fields => {
    assert.equal(isGoing(fields as Record<string, string>), false);
  });

  it.each(['POST', 'HEAD', 'PUT'])('with the method %s is none', method => {
    assert.equal(isGoing({accept: HTML, 'sec-fetch-mode': 'navigate'}, method), false);
  });
});
