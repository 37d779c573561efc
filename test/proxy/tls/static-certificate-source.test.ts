import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {createStaticCertificateSource, namesOf} from '../../../src/proxy/tls/static-certificate-source.js';
import {createTestCertificate} from '../../helpers/certificates.js';
import {createClientAuthority} from '../../helpers/client-certificates.js';

const exact = createTestCertificate('app.test');
const wildcard = createTestCertificate('*.test', '*.app.test');
const fallback = createTestCertificate('fallback.test');

describe('certificates that are there already', () => {
  it.each([
    ['app.test', exact],
    ['other.test', wildcard],
    ['api.app.test', wildcard],
    ['v1.api.app.test', fallback],
    ['a.other.test', fallback],
    ['test', fallback],
    ['app.example', fallback],
    ['localhost', fallback],
    ['*.test', wildcard],
  ])('are found for %s by exact name, then by a wildcard for one label, then by default', async (name, expected) => {
    const source = createStaticCertificateSource([{certificate: wildcard}, {certificate: exact}], {
      defaultCertificate: fallback,
    });
    assert.equal(await source.certificateFor(name), expected);
  });

  it('are not found for a name that none has where there is no default', async () => {
    const source = createStaticCertificateSource([{certificate: exact}]);
    assert.equal(await source.certificateFor('other.test'), undefined);
    assert.equal(await createStaticCertificateSource([]).certificateFor('app.test'), undefined);
  });

  it('may be given other names than their own, in any case', async () => {
    const source = createStaticCertificateSource([{certificate: exact, names: ['Given.TEST.', '*.Given.test']}]);
    assert.equal(await source.certificateFor('given.test'), exact);
    assert.equal(await source.certificateFor('a.given.test'), exact);
    assert.equal(await source.certificateFor('app.test'), undefined);
  });

  it('are used in the order in which they are given, where two have one name', async () => {
    const second = createTestCertificate('app.test');
    const source = createStaticCertificateSource([{certificate: exact}, {certificate: second}]);
    assert.equal(await source.certificateFor('app.test'), exact);
  });

  it.each([
    ['is not PEM', {cert: 'nonsense', key: exact.key}, undefined, /not PEM/],
    ['has a key that is not PEM', {cert: exact.cert, key: 'nonsense'}, undefined, /not PEM/],
    ['has the key of another', {cert: exact.cert, key: wildcard.key}, undefined, /does not belong/],
    ['is given a name that is no host', exact, ['a b'], /"a b" is not a host name/],
  ])('are refused when one %s', (_, certificate, names, message) => {
    const entry = names ? {certificate, names} : {certificate};
    assert.throws(() => createStaticCertificateSource([entry]), {code: 'CERTIFICATE_INVALID', message});
    if (!names) {
      assert.throws(() => createStaticCertificateSource([], {defaultCertificate: certificate}), {message});
    }
  });
});

describe('the names of a certificate', () => {
  it('are those it may be used for, hosts and addresses', () => {
    const names = ['app.test', '*.app.test', '127.0.0.1', '::1'] as const;
    assert.deepEqual(namesOf(createTestCertificate(...names)), names);
  });

  it('are its common name when it has no others', () => {
    assert.deepEqual(namesOf(createClientAuthority('unused').issue('old.test')), ['old.test']);
    assert.deepEqual(namesOf(createClientAuthority('unused').issue('not a host')), []);
  });
});
