import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {trustVariables} from '../../src/devproxy/trust-variables.js';

const FILES = {root: '/tako/ca.crt', bundle: '/tako/bundle.pem'};
const ALL = {
  NODE_EXTRA_CA_CERTS: '/tako/ca.crt',
  DENO_CERT: '/tako/ca.crt',
  SSL_CERT_FILE: '/tako/bundle.pem',
  CURL_CA_BUNDLE: '/tako/bundle.pem',
  REQUESTS_CA_BUNDLE: '/tako/bundle.pem',
  GIT_SSL_CAINFO: '/tako/bundle.pem',
  GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: '/tako/bundle.pem',
};

/** The names of what is left to tako. */
const left = (own: NodeJS.ProcessEnv): string[] => Object.keys(trustVariables(FILES, own));
const without = (...names: string[]): string[] => Object.keys(ALL).filter(name => !names.includes(name));

describe('what makes a process trust the root', () => {
  it('names the root where it is added to what a client has, and the bundle where it takes the place of that', () => {
    assert.deepEqual(trustVariables(FILES, {PATH: '/bin'}), ALL);
  });

  it('leaves alone what the user has set, also to nothing', () => {
    for (const value of ['/mine.pem', '']) {
      assert.deepEqual(left({NODE_EXTRA_CA_CERTS: value}), without('NODE_EXTRA_CA_CERTS'));
      assert.deepEqual(left({GIT_SSL_CAINFO: value}), without('GIT_SSL_CAINFO'));
    }
  });

  it('sets nothing that would stand above what the user has set', () => {
    assert.deepEqual(left({SSL_CERT_FILE: '/mine'}), without('SSL_CERT_FILE', 'CURL_CA_BUNDLE'));
    assert.deepEqual(left({SSL_CERT_DIR: '/mine'}), without('CURL_CA_BUNDLE'));
    assert.deepEqual(left({CURL_CA_BUNDLE: '/mine'}), without('CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE'));
    assert.deepEqual(left({GIT_SSL_NO_VERIFY: '1'}), without('GIT_SSL_CAINFO'));
  });
});
