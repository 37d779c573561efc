import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {children, contents} from '../../src/x509/der.js';
import {type NameConstraints, nameConstraints, parseNameConstraints, permits} from '../../src/x509/name-constraints.js';

const CONSTRAINTS: NameConstraints = {
  zones: ['test', 'localhost', 'acme.dev'],
  ipRanges: ['127.0.0.0/8', '::1/128', 'fc00::/7'],
};

const encoded = (constraints: NameConstraints): Buffer => contents(children(nameConstraints(constraints)).at(-1));

describe('name constraints', () => {
  it('permit a zone and everything below it', () => {
    for (const name of ['test', 'app.test', 'a.b.app.test', 'localhost', 'acme.dev', 'www.acme.dev']) {
      assert.ok(permits(CONSTRAINTS, name), name);
    }
  });

  it('do not permit a name that only ends with the same letters', () => {
    for (const name of ['contest', 'my-test', 'test.example', 'dev', 'xacme.dev', '']) {
      assert.ok(!permits(CONSTRAINTS, name), name);
    }
  });

  it('permit addresses by their range', () => {
    for (const address of ['127.0.0.1', '127.77.0.1', '::1', 'fd00::1'])
      assert.ok(permits(CONSTRAINTS, address), address);
    for (const address of ['128.0.0.1', '::2', '2001:db8::1']) assert.ok(!permits(CONSTRAINTS, address), address);
  });

  it('are read back as they were written', () => {
    assert.deepEqual(parseNameConstraints(encoded(CONSTRAINTS)), CONSTRAINTS);
  });

  it('permit nothing when the extension lists nothing', () => {
    const none = parseNameConstraints(encoded({zones: [], ipRanges: []}));
    assert.ok(!permits(none, 'app.test'));
    assert.ok(!permits(none, '127.0.0.1'));
  });

  it('are refused when they are not DER', () => {
    assert.throws(() => parseNameConstraints(Buffer.from('not DER')));
  });
});
