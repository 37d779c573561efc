import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {createSecretMask} from '../../src/secrets/secret-mask.js';

const mask = createSecretMask([
  ['API_KEY', 'sk_live_0123456789'],
  ['LONGER', 'sk_live_0123456789-and-more'],
  ['SHORT', 'true'],
  ['ODD', 'pass word"\\&+ü'],
  ['PEM', '-----BEGIN-----\nMIIEvQIBADAN\n-----END-----\n'],
]);

describe('what is shown of secrets', () => {
  it.each([
    ['a value', 'key sk_live_0123456789!', 'key ***API_KEY***!'],
    ['a longer one, of which another is the beginning', 'sk_live_0123456789-and-more', '***LONGER***'],
    ['a value in JSON', JSON.stringify({a: 'pass word"\\&+ü'}), '{"a":"***ODD***"}'],
    ['a value in a URL', `/?q=${encodeURIComponent('pass word"\\&+ü')}`, '/?q=***ODD***'],
    ['one line of a value', 'read MIIEvQIBADAN', 'read ***PEM***'],
    ['nothing', 'nothing of it', 'nothing of it'],
    ['a short one, which stands for itself', 'true', 'true'],
  ])('is the name of %s', (_, text, expected) => {
    assert.equal(mask.mask(text), expected);
  });

  it('has no beginning of one that is cut off', () => {
    assert.equal(mask.maskCut('key sk_live_0123'), 'key ***LONGER***');
    assert.equal(mask.maskCut('key sk_li'), 'key sk_li', 'too short to tell');
  });

  it('becomes what it was where it is sent again', () => {
    assert.equal(mask.unmask(mask.mask('key sk_live_0123456789!')), 'key sk_live_0123456789!');
    assert.equal(mask.unmask('***UNKNOWN***'), '***UNKNOWN***');
  });
});
