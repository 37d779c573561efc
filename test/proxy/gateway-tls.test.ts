import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import {once} from 'node:events';
import {type ConnectionOptions, connect, type TLSSocket} from 'node:tls';
import {describe, it, onTestFinished} from 'vitest';
import type {Certificate} from '../../src/proxy/certificate-source.js';
import type {Gateway} from '../../src/proxy/gateway.js';
import {createTestCertificate} from '../helpers/certificates.js';
import {certificate, fetchHttp1, HOST, openTls, readAll, startGateway, startUpstream} from './harness.js';

/** Makes a handshake, trusting anyone; rejects when it is refused. */
async function handshake({https}: Gateway, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({host: '127.0.0.1', port: https.port, rejectUnauthorized: false, ...options});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  return socket;
}

const fingerprintOf = ({cert}: Certificate): string => new X509Certificate(cert).fingerprint256;

const shownBy = (socket: TLSSocket): string => socket.getPeerCertificate().fingerprint256;

describe('the certificate of a handshake', () => {
  it('is that of the server name, in whatever case, and the default where none is named', async () => {
    const asked: string[] = [];
    const other = createTestCertificate('other.test');
    const gateway = await startGateway({
      certificates: {
        certificateFor: async name => {
          asked.push(name);
          return name === 'other.test' ? other : certificate;
        },
      },
      defaultServerName: 'default.test',
    });
    assert.equal(shownBy(await handshake(gateway, {servername: 'Other.TEST'})), fingerprintOf(other));
    assert.equal(shownBy(await handshake(gateway, {servername: HOST})), fingerprintOf(certificate));
    assert.equal(shownBy(await handshake(gateway, {servername: ''})), fingerprintOf(certificate));
    assert.deepEqual(new Set(asked), new Set(['default.test', 'other.test', HOST]));
  });

  it('is verified by a client that trusts its issuer', async () => {
    const gateway = await startGateway();
    const socket = await openTls(gateway);
    assert.equal(socket.authorized, true);
    assert.equal(socket.getProtocol(), 'TLSv1.3');
  });

  it('is renewed from the next handshake on, and that of the default too', async () => {
    let current = createTestCertificate('first.test');
    const gateway = await startGateway({certificates: {certificateFor: async () => current}});
    for (const servername of [HOST, '']) {
      const before = await handshake(gateway, {servername});
      assert.equal(shownBy(before), fingerprintOf(current));
      current = createTestCertificate('second.test');
      assert.equal(shownBy(await handshake(gateway, {servername})), fingerprintOf(current));
    }
  });

  it('is refused for a name that is not served', async () => {
    const gateway = await startGateway();
    await assert.rejects(handshake(gateway, {servername: 'unknown.example'}));
    assert.ok(await handshake(gateway, {servername: HOST}));
  });

  it('is refused, and nothing more, when the source fails or gives what is none', async () => {
    const gateway = await startGateway({
      certificates: {
        certificateFor: async name => {
          if (name === 'throws.test') throw new Error('disk on fire');
          return name === 'nonsense.test' ? {cert: 'nonsense', key: 'nonsense'} : certificate;
        },
      },
    });
    await assert.rejects(handshake(gateway, {servername: 'throws.test'}));
    await assert.rejects(handshake(gateway, {servername: 'nonsense.test'}));
    assert.ok(await handshake(gateway, {servername: HOST}));
  });

  it('of the default stays in use while the source fails', async () => {
    let isFailing = false;
    const gateway = await startGateway({
      certificates: {
        certificateFor: async () => {
          if (isFailing) throw new Error('disk on fire');
          return certificate;
        },
      },
    });
    isFailing = true;
    assert.equal(shownBy(await handshake(gateway, {servername: ''})), fingerprintOf(certificate));
  });

  it('may be missing for the default: then only those who name a server are served', async () => {
    const gateway = await startGateway({defaultServerName: 'unknown.example'});
    await assert.rejects(handshake(gateway, {servername: ''}));
    assert.ok(await handshake(gateway, {servername: HOST}));
  });
});

describe('a handshake', () => {
  it.each([
    [['h2', 'http/1.1'], 'h2'],
    [['http/1.1'], 'http/1.1'],
    [undefined, false],
  ])('that offers %j agrees on %j, and is served', async (protocols, agreed) => {
    const gateway = await startGateway({upstream: await startUpstream((_, response) => response.end('hello'))});
    const socket = await handshake(gateway, {servername: HOST, ...(protocols ? {ALPNProtocols: protocols} : {})});
    assert.equal(socket.alpnProtocol, agreed);
    if (agreed === 'h2') return;
    socket.write('GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n');
    assert.match(await readAll(socket), /hello$/);
  });

  it('with a protocol nobody knows, or one that is too old, is refused', async () => {
    const gateway = await startGateway({upstream: await startUpstream((_, response) => response.end('hello'))});
    await assert.rejects(handshake(gateway, {servername: HOST, ALPNProtocols: ['spdy/3']}));
    await assert.rejects(
      handshake(gateway, {servername: HOST, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0'}),
    );
    assert.equal((await fetchHttp1(gateway)).status, 200);
  });
});
