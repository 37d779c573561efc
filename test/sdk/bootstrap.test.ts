import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {parseBootstrap} from '../../src/sdk/bootstrap.js';
import {renderError} from '../../src/sdk/error.js';
import {createRandom} from '../helpers/random.js';

const DOCUMENT = JSON.stringify({
  token: 't',
  secrets: {KEY: 'canary'},
  storages: {files: {provider: 'local', path: 'p'}},
});

describe('the document that tako delivers', () => {
  it('has a token, secrets and storages, and no names of all objects', () => {
    const {token, secrets, storages} = parseBootstrap(DOCUMENT);
    assert.deepEqual([token, secrets.KEY, storages.files?.path], ['t', 'canary', 'p']);
    assert.equal(secrets.constructor, undefined);
    assert.equal(secrets.toString, undefined);
  });

  it.each([
    ['null', /not a JSON object/],
    ['[]', /not a JSON object/],
    ['{"secrets":{},"storages":{}}', /"token"/],
    ['{"token":1,"secrets":{},"storages":{}}', /"token"/],
    ['{"token":"t","secrets":[],"storages":{}}', /"secrets" is not/],
    ['{"token":"t","secrets":{"KEY":1},"storages":{}}', /the secret "KEY" is not a string/],
    ['{"token":"t","secrets":{},"storages":{"files":1}}', /"storages"/],
  ])('is refused as %s', (text, message) => {
    assert.throws(() => parseBootstrap(text), {code: 'BOOTSTRAP_INVALID', message});
  });

  it('is read or refused as a whole, and shows nothing of it when it is cut or broken', () => {
    const random = createRandom(3);
    for (let round = 0; round < 2_000; round++) {
      const bytes = Buffer.from(DOCUMENT);
      for (let count = random.below(3); count > 0; count--) bytes[random.below(bytes.length)] = random.below(128);
      const text = bytes.subarray(0, random.below(2) === 0 ? bytes.length : random.below(bytes.length)).toString();
      try {
        const {secrets} = parseBootstrap(text);
        assert.ok(Object.values(secrets).every(value => typeof value === 'string'));
      } catch (error) {
        assert.equal((error as {code?: string}).code, 'BOOTSTRAP_INVALID');
        assert.equal(renderError(error).includes('canary'), false);
      }
    }
  });
});
