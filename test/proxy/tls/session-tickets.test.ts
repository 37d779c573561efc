import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {ConnectionOptions} from 'node:tls';
import {afterAll, describe, it, onTestFinished} from 'vitest';
import type {ClientCertificatePolicy} from '../../../src/proxy/tls/client-certificates.js';
import {createTicketKeys, deriveTicketKeys, TICKET_KEYS_LIFETIME_MS} from '../../../src/proxy/tls/ticket-keys.js';
import {createTestCertificate} from '../../helpers/certificates.js';
import {createClientAuthority} from '../../helpers/client-certificates.js';
import {requires} from '../../helpers/system-parts.js';
import {certificate, openClient, runOpenssl, startTls, type TestServer} from './harness.js';

const fixedKeys = (keys = randomBytes(48)): {current(): Buffer} => ({current: () => keys});

/** A session made with one server. */
async function makeSession(server: TestServer, options: ConnectionOptions): Promise<Buffer> {
  const {session} = await openClient(server.port, options);
  return session;
}

async function isResumed(server: TestServer, session: Buffer, options: ConnectionOptions): Promise<boolean> {
  const {socket} = await openClient(server.port, {...options, session});
  return socket.isSessionReused();
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a session of %s', version => {
  const options: ConnectionOptions = {servername: 'app.test', minVersion: version, maxVersion: version};

  it('is resumed by the server that made it, for clients that name it and for those that do not', async () => {
    const server = await startTls();
    for (const servername of ['app.test', '']) {
      const session = await makeSession(server, {...options, servername});
      assert.equal(await isResumed(server, session, {...options, servername}), true);
    }
  });

  it('is resumed by another server with the same keys, and by none with others', async () => {
    const ticketKeys = fixedKeys();
    const [first, second] = [await startTls({ticketKeys}), await startTls({ticketKeys})];
    const [third, own] = [await startTls({ticketKeys: fixedKeys()}), await startTls()];
    const session = await makeSession(first, options);
    assert.equal(await isResumed(second, session, options), true);
    assert.equal(await isResumed(third, session, options), false);
    assert.equal(await isResumed(own, session, options), false);
  });

  it('is resumed by a server that was started with other arguments', async () => {
    const ticketKeys = fixedKeys();
    const first = await startTls({ticketKeys});
    process.argv.push('--worker');
    onTestFinished(() => void process.argv.pop());
    const second = await startTls({ticketKeys});
    assert.equal(await isResumed(second, await makeSession(first, options), options), true);
  });

  it('is not resumed once the keys are replaced, and those made since are', async () => {
    const ticketKeys = fixedKeys();
    const [first, second] = [await startTls({ticketKeys}), await startTls({ticketKeys})];
    const before = await makeSession(first, options);
    const replaced = randomBytes(48);
    for (const server of [first, second]) server.setTicketKeys(replaced);
    for (const server of [first, second]) assert.equal(await isResumed(server, before, options), false);
    assert.equal(await isResumed(second, await makeSession(first, options), options), true);
  });

  it('outlives a renewal of the default certificate', async () => {
    let current = certificate;
    const server = await startTls({certificates: {certificateFor: async () => current}});
    const session = await makeSession(server, options);
    current = createTestCertificate('app.test');
    for (const servername of ['app.test', '']) await openClient(server.port, {servername});
    assert.equal(await isResumed(server, session, options), true);
  });
});

describe('ticket keys', () => {
  it('are 48 random bytes, and others after twelve hours', () => {
    let now = 1_000;
    const keys = createTicketKeys(() => now);
    const first = keys.current();
    assert.equal(first.length, 48);
    assert.notDeepEqual(createTicketKeys().current(), first);
    now += TICKET_KEYS_LIFETIME_MS - 1;
    assert.deepEqual(keys.current(), first);
    now += 1;
    const second = keys.current();
    assert.notDeepEqual(second, first);
    now += TICKET_KEYS_LIFETIME_MS - 1;
    assert.deepEqual(keys.current(), second);
  });

  it('derived for a purpose are the same everywhere, and differ between purposes', () => {
    const keys = randomBytes(48);
    assert.deepEqual(deriveTicketKeys(keys, 'one'), deriveTicketKeys(Buffer.from(keys), 'one'));
    assert.equal(deriveTicketKeys(keys, 'one').length, 48);
    assert.notDeepEqual(deriveTicketKeys(keys, 'one'), deriveTicketKeys(keys, 'two'));
    assert.notDeepEqual(deriveTicketKeys(keys, 'one'), deriveTicketKeys(randomBytes(48), 'one'));
  });

  it('that their owner replaces are used by the server without being told', async () => {
    let current = randomBytes(48);
    const server = await startTls({ticketKeys: {current: () => current}});
    const session = await makeSession(server, {servername: ''});
    current = randomBytes(48);
    assert.equal(await isResumed(server, session, {servername: ''}), false);
    assert.equal(await isResumed(server, await makeSession(server, {servername: ''}), {servername: ''}), true);
  });

  it('that are none leave those in use', async () => {
    const bugs: unknown[] = [];
    let current = randomBytes(48);
    const server = await startTls({ticketKeys: {current: () => current}, onBug: error => bugs.push(error)});
    const session = await makeSession(server, {servername: ''});
    current = randomBytes(47);
    assert.equal(await isResumed(server, session, {servername: ''}), true);
    assert.ok(bugs.length > 0);
  });
});

const authority = createClientAuthority('clients of app.test');
const otherAuthority = createClientAuthority('clients of somebody else');
const client = authority.issue('client');

const policies: Readonly<Record<string, ClientCertificatePolicy>> = {
  'required.test': {id: 'required', ca: authority.ca, mode: 'required'},
  'also-required.test': {id: 'required', ca: authority.ca, mode: 'required'},
  'same-ca.test': {id: 'same-ca', ca: authority.ca, mode: 'required'},
  'optional.test': {id: 'optional', ca: authority.ca, mode: 'optional'},
};
const clientCertificates = (name: string | undefined): ClientCertificatePolicy | undefined => policies[name ?? ''];

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a session of %s made with a client certificate', version => {
  const only: ConnectionOptions = {minVersion: version, maxVersion: version};

  it('is resumed as authorized, by another server too', async () => {
    const ticketKeys = fixedKeys();
    const [first, second] = [
      await startTls({clientCertificates, ticketKeys}),
      await startTls({clientCertificates, ticketKeys}),
    ];
    const options = {...only, ...client, servername: 'required.test'};
    assert.equal(await isResumed(second, await makeSession(first, options), options), true);
    assert.equal(second.connections[0]?.authorized, true);
  });

  it('that was wrong stays unauthorized when it is resumed', async () => {
    const server = await startTls({clientCertificates});
    const options = {...only, ...otherAuthority.issue('client'), servername: 'optional.test'};
    assert.equal(await isResumed(server, await makeSession(server, options), options), true);
    assert.deepEqual(
      server.connections.map(({authorized}) => authorized),
      [false, false],
    );
  });

  it('is not resumed once its policy takes another CA', async () => {
    let ca = authority.ca;
    const server = await startTls({clientCertificates: () => ({id: 'changing', ca, mode: 'required'})});
    const options = {...only, ...client, servername: 'app.test'};
    const session = await makeSession(server, options);
    assert.equal(await isResumed(server, session, options), true);
    ca = otherAuthority.ca;
    await assert.rejects(isResumed(server, session, options));
  });

  it('is not resumed once the keys are replaced', async () => {
    const server = await startTls({clientCertificates});
    const options = {...only, ...client, servername: 'required.test'};
    const session = await makeSession(server, options);
    server.setTicketKeys(randomBytes(48));
    assert.equal(await isResumed(server, session, options), false);
  });
});

// node's client resumes no session under another name; that of OpenSSL does what it is told.
describe.skipIf(requires('openssl'))('openssl s_client, with a session of another host', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tako-sessions-'));
  afterAll(() => rmSync(folder, {recursive: true}));
  const file = (name: string): string => path.join(folder, name);
  writeFileSync(file('cert'), client.cert);
  writeFileSync(file('key'), client.key);
  const identity = ['-cert', file('cert'), '-key', file('key')];

  const run = async (server: TestServer, version: string, host: string, ...options: string[]): Promise<string> =>
    (await runOpenssl(server.port, version, '-servername', host, ...options)).output;

  it.each([
    ['plain.test', 'other-plain.test'],
    ['required.test', 'also-required.test'],
  ])('resumes that of %s with %s, whose policy is the same', async (from, to) => {
    const server = await startTls({clientCertificates});
    for (const version of ['-tls1_2', '-tls1_3']) {
      assert.match(await run(server, version, from, ...identity, '-sess_out', file('session')), /\nNew, TLS/);
      assert.match(await run(server, version, to, ...identity, '-sess_in', file('session')), /\nReused, TLS/);
    }
  });

  it.each([
    ['required.test', 'plain.test'],
    ['required.test', 'optional.test'],
    ['required.test', 'same-ca.test'],
    ['optional.test', 'required.test'],
    ['plain.test', 'optional.test'],
    ['plain.test', 'required.test'],
  ])('makes a full handshake after %s with %s', async (from, to) => {
    const server = await startTls({clientCertificates});
    for (const version of ['-tls1_2', '-tls1_3']) {
      await run(server, version, from, ...identity, '-sess_out', file('session'));
      const output = await run(server, version, to, ...identity, '-sess_in', file('session'));
      assert.match(output, /\nNew, TLS/);
      assert.match(output, /hello/);
    }
  });

  it.each(['plain.test', 'optional.test'])(
    'of %s, is not let in without a certificate by required.test',
    async from => {
      const server = await startTls({clientCertificates});
      for (const version of ['-tls1_2', '-tls1_3']) {
        await run(server, version, from, '-sess_out', file('session'));
        const served = server.connections.length;
        assert.doesNotMatch(await run(server, version, 'required.test', '-sess_in', file('session')), /hello/);
        assert.equal(server.connections.length, served);
      }
    },
  );
});
