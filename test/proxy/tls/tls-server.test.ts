import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {Certificate, CertificateSource} from '../../../src/proxy/certificate-source.js';
import {createTestCertificate} from '../../helpers/certificates.js';
import {eventually} from '../../helpers/eventually.js';
import {requires} from '../../helpers/system-parts.js';
import {
  certificate,
  echo,
  fingerprintOf,
  openClient,
  openTcp,
  readAll,
  runOpenssl,
  shownBy,
  startTls,
  testSource,
} from './harness.js';
import {recordedHellos} from './recorded-hellos.js';

const other = createTestCertificate('other.test');

/** Two names, and a record of what was asked. */
function twoNames(): {readonly source: CertificateSource; readonly asked: string[]} {
  const asked: string[] = [];
  const certificates: Record<string, Certificate> = {'app.test': certificate, 'other.test': other};
  const certificateFor = async (name: string): Promise<Certificate | undefined> => {
    asked.push(name);
    return certificates[name];
  };
  return {source: {certificateFor}, asked};
}

describe('the certificate', () => {
  it.each(['other.test', 'OTHER.Test', 'other.test.'])('for %s is that of other.test', async servername => {
    const {source, asked} = twoNames();
    const {port} = await startTls({certificates: source, defaultServerName: 'app.test'});
    const {socket} = await openClient(port, {servername});
    assert.equal(shownBy(socket), fingerprintOf(other));
    assert.ok(asked.every(name => ['app.test', 'other.test'].includes(name)));
  });

  it.each(['unknown.test', `${'a'.repeat(60)}.`.repeat(4), 'bad_name.test', '-.test'])(
    'for %s is refused, and only that client',
    async servername => {
      const server = await startTls({certificates: twoNames().source, defaultServerName: 'app.test'});
      await assert.rejects(openClient(server.port, {servername}));
      await openClient(server.port, {servername: 'app.test'});
      assert.equal(server.connections.length, 1);
    },
  );

  it('for a client that names none is the default', async () => {
    const {port} = await startTls({certificates: twoNames().source, defaultServerName: 'other.test'});
    assert.equal(shownBy((await openClient(port)).socket), fingerprintOf(other));
  });

  it('is looked up once for each handshake by name, and the default hardly ever', async () => {
    const {source, asked} = twoNames();
    const {port} = await startTls({certificates: source, defaultServerName: 'other.test'});
    for (let count = 0; count < 20; count++) await openClient(port, {servername: 'app.test'});
    assert.equal(asked.filter(name => name === 'app.test').length, 20);
    assert.ok(asked.filter(name => name === 'other.test').length < 10, asked.join(' '));
  });

  it('is renewed from the next handshake on, while older connections go on', async () => {
    let current = createTestCertificate('app.test');
    const {port} = await startTls({certificates: {certificateFor: async () => current}});
    const open = await Promise.all(['app.test', ''].map(servername => openClient(port, {servername})));
    for (const servername of ['app.test', '', 'app.test', '']) {
      current = createTestCertificate('app.test');
      const {socket} = await openClient(port, {servername});
      assert.equal(shownBy(socket), fingerprintOf(current));
    }
    for (const {socket} of open) assert.equal(await echo(socket, 'still here'), 'still here');
  });

  it('of the default stays in use while the source fails or gives what is none', async () => {
    let answer = async (): Promise<Certificate | undefined> => certificate;
    const {port} = await startTls({certificates: {certificateFor: () => answer()}});
    const failures = [
      async () => Promise.reject(new Error('disk on fire')),
      () => {
        throw new Error('disk on fire, at once');
      },
      async () => ({cert: 'nonsense', key: 'nonsense'}),
      async () => undefined,
    ];
    for (const failure of failures) {
      answer = failure;
      assert.equal(shownBy((await openClient(port)).socket), fingerprintOf(certificate));
      await assert.rejects(openClient(port, {servername: 'app.test'}));
    }
    answer = async () => other;
    await openClient(port, {servername: 'app.test'});
    assert.equal(shownBy((await openClient(port)).socket), fingerprintOf(other));
  });

  it('of the default is renewed soon even where no other is', async () => {
    let current = certificate;
    const certificateFor = async (name: string): Promise<Certificate> => (name === 'localhost' ? current : certificate);
    const {port} = await startTls({certificates: {certificateFor}});
    for (let count = 0; count < 2; count++) await openClient(port, {servername: 'app.test'});
    current = other;
    const untilRenewed = async (): Promise<void> =>
      assert.equal(shownBy((await openClient(port)).socket), fingerprintOf(other));
    await eventually(untilRenewed, {everyMs: 50});
  });

  it('of the default that the source takes long to give keeps nobody waiting', async () => {
    let isStuck = false;
    const certificateFor = async (name: string): Promise<Certificate | undefined> =>
      isStuck && name === 'localhost' ? new Promise(() => undefined) : certificate;
    const {port} = await startTls({certificates: {certificateFor}});
    isStuck = true;
    for (const servername of ['', 'app.test', '']) await openClient(port, {servername});
  });

  it('that the source never gives ends with the handshake timeout', async () => {
    const certificateFor = async (name: string): Promise<Certificate | undefined> =>
      name === 'stuck.test' ? new Promise(() => undefined) : certificate;
    const server = await startTls({certificates: {certificateFor}, handshakeTimeoutMs: 200});
    await assert.rejects(openClient(server.port, {servername: 'stuck.test'}));
    assert.equal(server.connections.length, 0);
  });
});

describe('a handshake', () => {
  it.each([
    [['h2', 'http/1.1'], undefined, 'h2'],
    [['http/1.1'], undefined, 'http/1.1'],
    [['http/1.1', 'h2'], undefined, 'h2'],
    [undefined, undefined, false],
    [['h2', 'http/1.1'], ['http/1.1'], 'http/1.1'],
  ] as const)('that offers %j to a server of %j agrees on %j', async (offered, spoken, agreed) => {
    const server = await startTls(spoken ? {alpnProtocols: spoken} : {});
    const {socket} = await openClient(server.port, {
      servername: 'app.test',
      ...(offered && {ALPNProtocols: [...offered]}),
    });
    assert.equal(socket.alpnProtocol, agreed);
    assert.equal(server.connections[0]?.alpnProtocol, agreed);
  });

  it.each([
    ['a protocol nobody speaks', {ALPNProtocols: ['spdy/3']}],
    ['TLS 1.1', {minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0'}],
    [
      'TLS 1.1, naming no server',
      {servername: '', minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0'},
    ],
  ] as const)('with %s is refused', async (_, options) => {
    const server = await startTls();
    const mutable = {...options, ...('ALPNProtocols' in options ? {ALPNProtocols: [...options.ALPNProtocols]} : {})};
    await assert.rejects(openClient(server.port, {servername: 'app.test', ...mutable} as object), {
      code: /^ERR_SSL_TLSV1_ALERT/,
    });
    assert.equal(server.connections.length, 0);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('of %s is made', async version => {
    const {port} = await startTls();
    const {socket} = await openClient(port, {servername: 'app.test', minVersion: version, maxVersion: version});
    assert.equal(socket.getProtocol(), version);
  });

  it.each([
    ['nothing', ''],
    ['half a hello', recordedHellos[0]?.bytes.subarray(0, 300)],
    ['a whole hello, and nothing more', recordedHellos[0]?.bytes],
    ['noise', Buffer.alloc(64, 0x16)],
  ])('that ends after %s is closed in time', async (_, bytes) => {
    const server = await startTls({handshakeTimeoutMs: 200});
    const socket = await openTcp(server.port);
    if (bytes?.length) socket.write(bytes);
    await readAll(socket);
    assert.equal(server.connections.length, 0);
  });

  it('that comes byte by byte is not given more time for it', async () => {
    const server = await startTls({handshakeTimeoutMs: 200});
    const socket = await openTcp(server.port);
    let sent = 0;
    const timer = setInterval(() => socket.write(recordedHellos[0]?.bytes.subarray(sent, ++sent) ?? ''), 20);
    await readAll(socket);
    clearInterval(timer);
    assert.ok(sent < 200);
  });

  it('that the client resets at any moment breaks nothing', async () => {
    const server = await startTls();
    const bytes = recordedHellos[0]?.bytes ?? Buffer.alloc(0);
    for (const end of [0, 1, 6, 300, bytes.length]) {
      const socket = await openTcp(server.port);
      if (end > 0) await new Promise(resolve => socket.write(bytes.subarray(0, end), resolve));
      socket.resetAndDestroy();
    }
    const socket = await openTcp(server.port);
    await openClient(server.port, {servername: 'app.test', socket});
    socket.resetAndDestroy();
    const served = server.connections[0] ?? assert.fail('nothing was served');
    if (!served.closed) await new Promise(resolve => served.once('close', resolve));
    await openClient(server.port, {servername: 'app.test'});
  });

  it('on a connection that is gone already is not begun', async () => {
    const server = await startTls();
    const socket = await openTcp(server.port);
    await assert.doesNotReject(openClient(server.port));
    const accepted = server.accepted[0];
    assert.ok(accepted);
    accepted.destroy();
    server.accept(accepted);
    await readAll(socket);
    assert.equal(server.connections.length, 1);
  });
});

describe('plain HTTP on the port', () => {
  it.each(['GET / HTTP/1.1\r\nHost: app.test\r\n\r\n', 'CONNECT app.test:443 HTTP/1.1\r\nHost: app.test\r\n\r\n'])(
    'is told so: %j',
    async request => {
      for (const clientCertificates of [undefined, () => undefined]) {
        const server = await startTls(clientCertificates ? {clientCertificates} : {});
        const socket = await openTcp(server.port);
        socket.write(request);
        const answer = await readAll(socket);
        const [head = '', body = ''] = answer.split('\r\n\r\n');
        assert.match(head, /^HTTP\/1\.1 400 Bad Request\r\n/);
        assert.match(head, new RegExp(`\r\nContent-Length: ${body.length}\r\nConnection: close$`));
        assert.match(body, /^.*https:\/\/.*\n$/);
        assert.equal(server.connections.length, 0);
      }
    },
  );

  it('of another protocol is closed without an answer in clear text', async () => {
    const server = await startTls();
    const socket = await openTcp(server.port);
    socket.write('SSH-2.0-OpenSSH_9.2\r\n');
    assert.doesNotMatch(await readAll(socket), /HTTP/);
    assert.equal(server.connections.length, 0);
  });
});

describe.skipIf(requires('openssl'))('openssl s_client', () => {
  it.each([
    [['-servername', 'APP.TEST', '-alpn', 'h2,http/1.1'], /ALPN protocol: h2\n/],
    [['-servername', 'app.test', '-alpn', 'http/1.1'], /ALPN protocol: http\/1\.1\n/],
    [['-noservername'], /No ALPN negotiated/],
    [['-servername', 'app.test', '-tls1_2'], /Protocol {2}: TLSv1\.2/],
  ])('with %j is served', async (options, expected) => {
    const server = await startTls();
    const {output} = await runOpenssl(server.port, ...options);
    assert.match(output, expected);
    assert.match(output, /hello/);
  });

  it.each([
    ['-servername', 'unknown.example'],
    ['-servername', 'app.test', '-tls1_1', '-cipher', 'ALL@SECLEVEL=0'],
    ['-servername', 'app.test', '-tls1', '-cipher', 'ALL@SECLEVEL=0'],
    ['-servername', 'app.test', '-alpn', 'spdy/3'],
  ])('with %s %s %s %s %s is refused', async (...options) => {
    const server = await startTls({certificates: testSource});
    const {output, status} = await runOpenssl(server.port, ...options.filter(option => option !== undefined));
    assert.doesNotMatch(output, /hello/);
    assert.notEqual(status, 0);
    assert.equal(server.connections.length, 0);
  });
});
