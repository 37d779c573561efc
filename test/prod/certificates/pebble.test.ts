import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {connect} from 'node:tls';
import {describe, it, onTestFinished} from 'vitest';
import {type AcmeHttpOptions, installAcmeHttp} from '../../../src/prod/certificates/acme/acme-http.js';
import {getRenewalInfo} from '../../../src/prod/certificates/acme/renewal-info.js';
import {type CertificateKeeper, createCertificateKeeper} from '../../../src/prod/certificates/certificate-keeper.js';
import {openCertificateStore} from '../../../src/prod/certificates/certificate-store.js';
import {type Challenges, createChallenges} from '../../../src/prod/certificates/challenges.js';
import {createIssuer} from '../../../src/prod/certificates/issuer.js';
import type {Gateway} from '../../../src/proxy/gateway.js';
import {systemClock} from '../../../src/system/clock.js';
import {PEBBLE_PARTS, type Pebble, startPebble} from '../../helpers/pebble.js';
import {requires} from '../../helpers/system-parts.js';
import {certificate, fetchHttp1, route, startGateway, startUpstream} from '../../proxy/harness.js';

const NAME = 'shop.example.com';
const never = new AbortController().signal;

/** A gateway whose names get their certificates from Pebble, which looks for proofs at its ports. */
type Site = {readonly gateway: Gateway; readonly pebble: Pebble; readonly challenges: Challenges};

let keeper: CertificateKeeper | undefined;

async function startSite({httpPort, nonceRejects = 5}: {httpPort?: number; nonceRejects?: number} = {}): Promise<Site> {
  const challenges = createChallenges(systemClock);
  const upstream = await startUpstream((_request, response) => void response.end('hello'));
  const gateway = await startGateway({
    upstream,
    routes: ['shop.example.com', 'www.example.com', 'old.example.com'].map(host => route(host)),
    filters: [challenges.filter],
    tlsChallenges: challenges.tls,
    certificates: {
      certificateFor: async name => keeper?.certificateFor(name) ?? certificate,
    },
  });
  const pebble = await startPebble({
    httpPort: httpPort ?? gateway.http.port,
    httpsPort: gateway.https.port,
    nonceRejects,
  });
  installAcmeHttp(httpOf(pebble));
  onTestFinished(() => pebble.close());
  return {gateway, pebble, challenges};
}

const httpOf = ({serverCertificate}: Pebble): AcmeHttpOptions => ({
  authorities: [serverCertificate],
  now: Date.now,
  userAgent: 'tako-test',
});

/** Where nobody listens. */
async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as {port: number};
  await new Promise(resolve => server.close(resolve));
  return port;
}

function start({pebble, challenges}: Site, names: readonly string[]): CertificateKeeper {
  const folder = temporaryFolder();
  const http = httpOf(pebble);
  const authority = {directory: pebble.directory, email: 'ops@example.com', externalAccount: undefined};
  keeper = createCertificateKeeper({
    store: openCertificateStore(path.join(folder, 'certificates')),
    issue: createIssuer({authorities: [authority], folder: path.join(folder, 'acme'), challenges, clock: systemClock}),
    renewalInfo: (directory, cert) => getRenewalInfo(directory, cert, http),
    clock: systemClock,
    say: () => undefined,
  });
  onTestFinished(() => keeper?.close());
  keeper.keep(new Set(names));
  return keeper;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tako-acme-'));
  onTestFinished(() => rmSync(folder, {recursive: true}));
  return folder;
}

const statusOf = async ({gateway}: Site): Promise<number> =>
  (await fetchHttp1(gateway, {servername: NAME, headers: {host: NAME}, rejectUnauthorized: false})).status;

/** Whether a client that trusts this root gets a certificate for the name. */
function verifies(gateway: Gateway, name: string, root: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port: gateway.https.port,
      host: '127.0.0.1',
      servername: name,
      ca: root,
      rejectUnauthorized: false,
    });
    socket.once('secureConnect', () => {
      resolve(socket.authorized);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

describe.skipIf(requires(...PEBBLE_PARTS))('certificates from a CA (pebble)', {timeout: 120_000}, () => {
  it('are ordered by HTTP-01, though it refuses a third of our nonces, and verify', async () => {
    const site = await startSite({nonceRejects: 30});
    const names = ['shop.example.com', 'www.example.com'];
    const started = start(site, names);
    await Promise.all(names.map(name => started.wait(name, never)));
    const root = await site.pebble.root();
    assert.equal(await verifies(site.gateway, 'shop.example.com', root), true);
    assert.equal(await verifies(site.gateway, 'www.example.com', root), true);
    assert.equal(await verifies(site.gateway, 'old.example.com', root), false);
  });

  it('say when they want to be renewed, and are renewed under requests of which none fails', async () => {
    const site = await startSite();
    const started = start(site, [NAME]);
    await started.wait(NAME, never);
    const before = started.certificateFor(NAME);
    const http = httpOf(site.pebble);
    const {window} = await getRenewalInfo(site.pebble.directory, before?.cert ?? '', http);
    assert.ok(window !== undefined && window.start < window.end && window.start > Date.now());

    let isOver = false;
    let answered = 0;
    const asking = (async () => {
      while (!isOver) {
        assert.equal(await statusOf(site), 200);
        answered += 1;
      }
    })();
    await started.renew(NAME);
    isOver = true;
    await asking;
    assert.ok(answered > 0);
    assert.notDeepEqual(started.certificateFor(NAME), before);
    assert.equal(await verifies(site.gateway, NAME, await site.pebble.root()), true);
  });

  it('are ordered by TLS-ALPN-01 where only the HTTPS port is reached, and browsers are served beside it', async () => {
    const site = await startSite({httpPort: await unusedPort()});
    const started = start(site, [NAME]);
    await started.wait(NAME, never);
    assert.equal(await verifies(site.gateway, NAME, await site.pebble.root()), true);
    assert.equal(await statusOf(site), 200);
  });

  it('are not given for a name that leads elsewhere, and the reason is said', async () => {
    const site = await startSite();
    await site.pebble.pointTo('lost.example.com', '127.0.0.77');
    const started = start(site, ['lost.example.com']);
    await assert.rejects(started.wait('lost.example.com', never), {code: 'CERTIFICATE_UNREACHABLE'});
    assert.match(started.list()[0]?.problem?.message ?? '', /http-01: .+; tls-alpn-01: /);
  });
});
