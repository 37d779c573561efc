import assert from 'node:assert/strict';
import {createPrivateKey, X509Certificate} from 'node:crypto';
import {describe, it} from 'vitest';
import type {Certificate, CertificateSource} from '../../src/proxy/certificate-source.js';

/** What every source of certificates means, in dev and prod. `create` makes one that serves app.test and no .example. */
export function certificateSourceContract(name: string, create: () => Promise<CertificateSource>): void {
  describe(`${name} as a certificate source`, () => {
    it('gives a certificate for the name and the key that belongs to it', async () => {
      const {cert, key} = await served(await create());
      const certificate = new X509Certificate(cert);
      assert.equal(certificate.checkHost('app.test', {subject: 'never'}), 'app.test');
      assert.ok(certificate.checkPrivateKey(createPrivateKey(key)));
    });

    it('gives the same certificate for a name asked twice', async () => {
      const source = await create();
      assert.deepEqual(await served(source), await served(source));
    });

    it('gives the same certificate to those who ask at once', async () => {
      const source = await create();
      const certificates = await Promise.all(Array.from({length: 6}, () => served(source)));
      assert.equal(new Set(certificates.map(({cert}) => cert)).size, 1);
    });

    it('gives nothing for a name it does not serve', async () => {
      const source = await create();
      assert.equal(await source.certificateFor('someone-else.example'), undefined);
    });

    it('gives nothing for what is no server name', async () => {
      const source = await create();
      for (const text of ['', '.', '..', '*.test', '../app.test', 'app.test/..', 'app.test\0', 'a b.test']) {
        assert.equal(await source.certificateFor(text), undefined, JSON.stringify(text));
      }
    });
  });
}

async function served(source: CertificateSource): Promise<Certificate> {
  const certificate = await source.certificateFor('app.test');
  assert.ok(certificate);
  return certificate;
}
