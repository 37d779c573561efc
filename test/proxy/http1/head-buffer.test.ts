import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {HeadBuffer} from '../../../src/proxy/http1/head-buffer.js';
import {bytesOf} from './read-messages.js';

const HEAD = 'GET / HTTP/1.1\r\nHost: app.test\r\nA: b\r\n\r\n';

describe('a head buffer', () => {
  it('gives a head that comes byte by byte once, with its last byte', () => {
    const buffer = new HeadBuffer();
    const given = [...bytesOf(HEAD)].map(byte => buffer.add(Buffer.of(byte))?.toString());
    assert.deepEqual(
      given.filter(text => text !== undefined),
      [HEAD],
    );
    assert.equal(given.at(-1), HEAD);
    assert.equal(buffer.length, 0);
  });

  it('gives a head in two pieces whole, wherever it is cut', () => {
    const bytes = bytesOf(HEAD);
    for (let cut = 1; cut < bytes.length; cut++) {
      const buffer = new HeadBuffer();
      buffer.keep(bytes.subarray(0, cut));
      assert.equal(buffer.length, cut);
      assert.equal(buffer.add(bytes.subarray(cut))?.toString(), HEAD, `cut behind byte ${cut}`);
    }
  });

  it.each([
    ['a bare LF', 'Host: app.test\n', true],
    ['a bare LF as a line of its own', 'Host: app.test\r\n\n', true],
    ['a line that ends well', 'Host: app.test\r\n', false],
    ['an empty line', 'Host: app.test\r\n\r\n', true],
    ['a bare CR', 'Host: app.test\rA: b', false],
  ])('gives what it has at %s: %s', (_name, text, isGiven) => {
    for (let cut = 0; cut < text.length; cut++) {
      const buffer = new HeadBuffer();
      buffer.keep(bytesOf(`GET / HTTP/1.1\r\n${text.slice(0, cut)}`));
      assert.equal(buffer.add(bytesOf(text.slice(cut))) !== undefined, isGiven, `cut behind byte ${cut}`);
    }
  });

  it('gives what was kept in vain again only when there is something new', () => {
    const buffer = new HeadBuffer();
    buffer.keep(bytesOf('\r\n'));
    assert.equal(buffer.add(bytesOf('GET / HTTP/1.1\r\n')), undefined);
    assert.equal(buffer.add(bytesOf('\r\n'))?.toString(), '\r\nGET / HTTP/1.1\r\n\r\n');
  });

  it('does not hold on to the buffers it was given', () => {
    const buffer = new HeadBuffer();
    const piece = bytesOf('GET / ');
    buffer.keep(piece);
    piece.fill(0);
    buffer.add(bytesOf('HTTP'));
    assert.equal(buffer.take().toString(), 'GET / HTTP');
  });

  it('gives bytes that are not written over by what comes later', () => {
    const buffer = new HeadBuffer();
    buffer.keep(bytesOf('first'));
    const first = buffer.take();
    buffer.keep(bytesOf('other'));
    assert.equal(first.toString(), 'first');
    assert.equal(buffer.take().toString(), 'other');
    assert.equal(buffer.take().length, 0);
  });

  it('holds little more than the bytes of a head that comes byte by byte', () => {
    const buffer = new HeadBuffer();
    for (let count = 0; count < 50_000; count++) buffer.add(Buffer.of(0x61));
    assert.ok(buffer.take().buffer.byteLength <= 100_000);
  });
});
