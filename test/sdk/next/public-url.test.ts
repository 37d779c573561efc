import assert from 'node:assert/strict';
import type {IncomingMessage} from 'node:http';
import {describe, it} from 'vitest';
import {setPublicUrl} from '../../../src/sdk/next/public-url.js';

const META = Symbol.for('NextInternalRequestMeta');

/** The address that Next takes for that of a request with these headers. */
function urlOf(headers: IncomingMessage['headers'], socket: object = {}): unknown {
  const request = {url: '/cart?full=1', headers, socket} as IncomingMessage;
  setPublicUrl(request);
  const meta = (request as {[META]?: {initURL?: unknown}})[META];
  // As Next does later, with an address of its own.
  if (meta) meta.initURL = 'https://127.0.0.1:3000/cart';
  return meta?.initURL;
}

describe('the address of a request', () => {
  it('is the one that the visitor used', () => {
    assert.equal(
      urlOf({host: 'shop.example.com', 'x-forwarded-proto': 'https'}),
      'https://shop.example.com/cart?full=1',
    );
  });

  it('is the one that tako was asked for where the app sees another name', () => {
    const headers = {host: 'shop.localhost', 'x-forwarded-host': 'shop.test', 'x-forwarded-proto': 'https'};
    assert.equal(urlOf(headers), 'https://shop.test/cart?full=1');
  });

  it('is that of the connection where no proxy is in front', () => {
    assert.equal(urlOf({host: '127.0.0.1:3000'}), 'http://127.0.0.1:3000/cart?full=1');
    assert.equal(urlOf({host: 'localhost:3000'}, {encrypted: true}), 'https://localhost:3000/cart?full=1');
  });

  it.each([
    {},
    {host: 'shop.test/evil?'},
    {host: 'user@shop.test'},
    {host: 'shop test'},
    {host: 'shop.test', 'x-forwarded-proto': 'javascript'},
    {host: 'shop.test', 'x-forwarded-host': '[::1'},
  ])('is left to Next where the headers %j are no address', headers => {
    assert.equal(urlOf(headers), undefined);
  });
});
