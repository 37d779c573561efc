import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {encodePem, splitPem} from '../../src/x509/pem.js';

describe('PEM', () => {
  it('breaks the base64 into lines of 64 characters', () => {
    const lines = encodePem('CERTIFICATE', Buffer.alloc(100, 7)).split('\n');
    assert.deepEqual(
      lines.map(line => line.length),
      [27, 64, 64, 8, 25, 0],
    );
  });

  it('finds the blocks of one label among others and their comments', () => {
    const first = encodePem('CERTIFICATE', Buffer.from('one'));
    const key = encodePem('PRIVATE KEY', Buffer.from('two'));
    const second = encodePem('CERTIFICATE', Buffer.from('three'));
    assert.deepEqual(splitPem('CERTIFICATE', `# a - comment\n${first}${key}\n# more\n${second}`), [first, second]);
    assert.deepEqual(splitPem('PRIVATE KEY', first + key + second), [key]);
  });

  it('finds nothing in a block that does not end', () => {
    assert.deepEqual(splitPem('CERTIFICATE', '-----BEGIN CERTIFICATE-----\nAAAA\n'), []);
  });
});
