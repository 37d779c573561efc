import assert from 'node:assert/strict';
import {once} from 'node:events';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {connect as connectHttp2, createServer as createHttp2Server} from 'node:http2';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {type ConnectionOptions, connect} from 'node:tls';
import {afterAll, describe, it, onTestFinished} from 'vitest';
import {
  type ClientCertificatePolicy,
  type ClientCertificates,
  clientCertificatePolicyOf,
  isSamePolicy,
} from '../../../src/proxy/tls/client-certificates.js';
import {createClientAuthority} from '../../helpers/client-certificates.js';
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
  startCuttingRelay,
  startTls,
  type TestServer,
} from './harness.js';
import {recordedHellos} from './recorded-hellos.js';

const authority = createClientAuthority('clients of app.test');
const otherAuthority = createClientAuthority('clients of somebody else');

const required: ClientCertificatePolicy = {id: 'required', ca: authority.ca, mode: 'required'};
const optional: ClientCertificatePolicy = {id: 'optional', ca: authority.ca, mode: 'optional'};
const elsewhere: ClientCertificatePolicy = {id: 'elsewhere', ca: otherAuthority.ca, mode: 'required'};

const policies: Readonly<Record<string, ClientCertificatePolicy>> = {
  'required.test': required,
  'also-required.test': required,
  'optional.test': optional,
  'elsewhere.test': elsewhere,
};
const clientCertificates: ClientCertificates = name => policies[name ?? ''];

const identities = {
  none: undefined,
  'of a wrong CA': otherAuthority.issue('client'),
  expired: authority.issue('client', 'expired'),
  right: authority.issue('client'),
} as const;

const startMutual = (): Promise<TestServer> => startTls({clientCertificates});

const withIdentity = (identity: keyof typeof identities, servername: string): ConnectionOptions => ({
  servername,
  ...identities[identity],
});

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

describe.each(VERSIONS)('a client certificate over %s', version => {
  const only: ConnectionOptions = {minVersion: version, maxVersion: version};

  it.each(['none', 'of a wrong CA', 'expired'] as const)('(%s) is refused where it is required', async identity => {
    const server = await startMutual();
    await assert.rejects(openClient(server.port, {...only, ...withIdentity(identity, 'required.test')}));
    assert.equal(server.connections.length, 0);
  });

  it.each(['none', 'of a wrong CA', 'expired'] as const)(
    '(%s) is served as unauthorized where it is optional',
    async identity => {
      const server = await startMutual();
      await openClient(server.port, {...only, ...withIdentity(identity, 'optional.test')});
      const [socket] = server.connections;
      assert.equal(socket?.authorized, false);
      assert.ok(socket.authorizationError);
    },
  );

  it.each(['required.test', 'optional.test'])('(right) is served as authorized by %s', async servername => {
    const server = await startMutual();
    const {socket} = await openClient(server.port, {...only, ...withIdentity('right', servername)});
    assert.equal(server.connections[0]?.authorized, true);
    assert.equal(server.connections[0]?.getPeerCertificate().subject.CN, 'client');
    assert.equal(await echo(socket, 'mutual'), 'mutual');
    assert.equal(shownBy(socket), fingerprintOf(certificate));
  });

  it.each(['plain.test', ''])('is not looked at by %j, which has no policy', async servername => {
    const server = await startMutual();
    await openClient(server.port, {...only, ...withIdentity('of a wrong CA', servername)});
    const [socket] = server.connections;
    assert.deepEqual(socket?.getPeerCertificate(), {});
    assert.equal(socket && clientCertificatePolicyOf(socket), undefined);
  });
});

describe('the policy', () => {
  it('of a connection can be asked for, and compared', async () => {
    const server = await startMutual();
    await openClient(server.port, withIdentity('right', 'also-required.test'));
    await openClient(server.port, withIdentity('right', 'OPTIONAL.test.'));
    const [first, second] = server.connections.map(clientCertificatePolicyOf);
    assert.equal(first?.id, 'required');
    assert.equal(second?.id, 'optional');
    assert.ok(isSamePolicy(first, clientCertificates('required.test')));
    assert.ok(isSamePolicy(first, {...required}));
    for (const other of [undefined, optional, {...required, ca: otherAuthority.ca}]) {
      assert.ok(!isSamePolicy(first, other));
      assert.ok(!isSamePolicy(other, first));
    }
    assert.ok(isSamePolicy(undefined, undefined));
  });

  it('of an HTTP/2 connection can be asked of the socket that node shows', async () => {
    const http2 = createHttp2Server();
    const seen: unknown[] = [];
    http2.on('request', (request, response) => {
      seen.push(
        clientCertificatePolicyOf(request.socket),
        clientCertificatePolicyOf(request.stream.session?.socket ?? {}),
      );
      response.end('answered');
    });
    const server = await startTls({clientCertificates, onConnection: socket => void http2.emit('connection', socket)});
    const tls = {host: '127.0.0.1', port: server.port, rejectUnauthorized: false, ALPNProtocols: ['h2']};
    const session = connectHttp2('https://required.test', {
      createConnection: () => connect({...tls, ...withIdentity('right', 'required.test')}),
    });
    onTestFinished(() => session.destroy());
    const stream = session.request({':path': '/'});
    stream.resume();
    await once(stream, 'end');
    assert.deepEqual(seen, [required, required]);
  });

  it('that says something else under the same id applies from the next connection on', async () => {
    let current = required;
    const server = await startTls({clientCertificates: () => current});
    const {socket} = await openClient(server.port, withIdentity('right', 'app.test'));
    current = {...required, ca: otherAuthority.ca};
    await assert.rejects(openClient(server.port, withIdentity('right', 'app.test')));
    await openClient(server.port, withIdentity('of a wrong CA', 'app.test'));
    current = {...current, mode: 'optional'};
    await openClient(server.port, withIdentity('none', 'app.test'));
    assert.equal(await echo(socket, 'still here'), 'still here');
  });

  it('that changes while a handshake is under way refuses it', async () => {
    let asked = 0;
    const server = await startTls({clientCertificates: () => (asked++ === 0 ? undefined : required)});
    await assert.rejects(openClient(server.port, withIdentity('right', 'app.test')));
    assert.equal(server.connections.length, 0);
  });

  it('for clients that name no server is theirs too', async () => {
    const server = await startTls({clientCertificates: name => (name === undefined ? required : undefined)});
    await assert.rejects(openClient(server.port));
    await openClient(server.port, withIdentity('right', ''));
    await openClient(server.port, {servername: 'app.test'});
    assert.deepEqual(
      server.connections.map(socket => clientCertificatePolicyOf(socket)?.id),
      ['required', undefined],
    );
  });

  it.each([
    ['throws', (): never => assert.fail('no policy today')],
    ['has a CA that is none', () => ({...optional, ca: 'nonsense'})],
    ['has an empty CA', () => ({...optional, ca: ''})],
  ])('that %s closes that connection only, and is told of', async (_, broken) => {
    const bugs: unknown[] = [];
    const server = await startTls({
      clientCertificates: name => (name === 'broken.test' ? broken() : undefined),
      onBug: error => bugs.push(error),
    });
    await assert.rejects(openClient(server.port, withIdentity('right', 'broken.test')));
    assert.equal(server.connections.length, 0);
    assert.equal(bugs.length, 1);
    await openClient(server.port, {servername: 'app.test'});
  });

  it('does not keep a renewed certificate from being used, by name and by default', async () => {
    let current = certificate;
    const certificateFor = async (): Promise<typeof certificate> => current;
    const server = await startTls({certificates: {certificateFor}, clientCertificates: () => optional});
    for (const servername of ['app.test', '']) await openClient(server.port, {servername});
    current = {...authority.issue('app.test')};
    for (const servername of ['app.test', '']) {
      assert.equal(shownBy((await openClient(server.port, {servername})).socket), fingerprintOf(current));
    }
  });
});

describe('a hello that is read before the handshake', () => {
  const {bytes} = recordedHellos[0] ?? assert.fail('no hello was recorded');

  it('may come split at any byte', async () => {
    const server = await startMutual();
    // A real client whose own first write is cut in two on its way.
    for (let cut = 1; cut < 2_000; cut += cut < 200 ? 1 : 97) {
      await openThroughCut(server.port, [cut], withIdentity('right', 'required.test'));
    }
    assert.ok(server.connections.every(socket => socket.authorized));
  });

  it('may come byte by byte', async () => {
    const server = await startMutual();
    const everywhere = Array.from({length: 400}, (_, index) => index + 1);
    await openThroughCut(server.port, everywhere, withIdentity('right', 'required.test'));
    assert.equal(server.connections[0]?.authorized, true);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['half of it', bytes.subarray(0, 300)],
    ['all of it, and nothing more', bytes],
  ])('is given up in time after %s', async (_, sent) => {
    const server = await startTls({clientCertificates, handshakeTimeoutMs: 200});
    const socket = await openTcp(server.port);
    if (sent.length > 0) socket.write(sent);
    await readAll(socket);
    assert.equal(server.connections.length, 0);
  });

  it('is not given more time for coming byte by byte', async () => {
    const server = await startTls({clientCertificates, handshakeTimeoutMs: 200});
    const socket = await openTcp(server.port);
    let sent = 0;
    const timer = setInterval(() => socket.write(bytes.subarray(sent, ++sent)), 20);
    await readAll(socket);
    clearInterval(timer);
    assert.ok(sent < 200);
  });

  it('is given up when the client hangs up or resets', async () => {
    const server = await startMutual();
    for (const end of [0, 1, 300]) {
      const [ended, reset] = [await openTcp(server.port), await openTcp(server.port)];
      ended.end(bytes.subarray(0, end));
      await readAll(ended);
      reset.write(bytes.subarray(0, end));
      reset.resetAndDestroy();
    }
    await openClient(server.port, withIdentity('right', 'required.test'));
    assert.equal(server.connections.length, 1);
  });

  it('and has two names, or one in a form that is no host, is never served', async () => {
    const server = await startTls({clientCertificates, handshakeTimeoutMs: 200});
    await assert.rejects(openClient(server.port, withIdentity('right', 'bad_name.test')));
    const socket = await openTcp(server.port);
    socket.write(Buffer.from(bytes).fill(0xff, 60, 80));
    await readAll(socket);
    assert.equal(server.connections.length, 0);
  });
});

describe.skipIf(requires('openssl'))('openssl s_client', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tako-client-certificates-'));
  afterAll(() => rmSync(folder, {recursive: true}));

  it.each(['-tls1_2', '-tls1_3'])('with %s sees a CertificateRequest only where there is a policy', async version => {
    const server = await startMutual();
    for (const name of ['plain.test', 'app.test']) {
      const {output} = await runOpenssl(server.port, '-msg', version, '-servername', name);
      assert.match(output, /No client certificate CA names sent/);
      assert.match(output, /ServerHello/);
      assert.doesNotMatch(output, /CertificateRequest/);
      assert.match(output, /hello/);
    }
    const {output} = await runOpenssl(server.port, '-msg', version, '-servername', 'optional.test');
    assert.match(output, /Acceptable client certificate CA names\nCN = clients of app.test/);
    assert.match(output, /CertificateRequest/);
  });

  it('without a server name sees no CertificateRequest', async () => {
    const server = await startMutual();
    const {output} = await runOpenssl(server.port, '-msg', '-noservername');
    assert.match(output, /ServerHello/);
    assert.doesNotMatch(output, /CertificateRequest/);
  });

  it.each([
    ['-tls1_2', 'right', true],
    ['-tls1_3', 'right', true],
    ['-tls1_2', 'none', false],
    ['-tls1_3', 'none', false],
    ['-tls1_3', 'of a wrong CA', false],
    ['-tls1_3', 'expired', false],
  ] as const)('with %s and a certificate that is %s: served is %s', async (version, identity, isServed) => {
    const server = await startMutual();
    const files = identities[identity] ? ['-cert', write(identity, 'cert'), '-key', write(identity, 'key')] : [];
    const {output} = await runOpenssl(server.port, version, '-servername', 'required.test', ...files);
    assert.equal(/^hello|\nhello/.test(output), isServed, output);
    assert.equal(server.connections.length, isServed ? 1 : 0);
  });

  function write(identity: keyof typeof identities, part: 'cert' | 'key'): string {
    const file = path.join(folder, `${identity.replaceAll(' ', '-')}.${part}`);
    writeFileSync(file, identities[identity]?.[part] ?? '');
    return file;
  }
});

/** A handshake whose first bytes reach the server in parts, cut at these offsets. */
async function openThroughCut(port: number, cuts: readonly number[], options: ConnectionOptions): Promise<void> {
  const {socket} = await openClient(await startCuttingRelay(port, cuts), options);
  socket.destroy();
}
