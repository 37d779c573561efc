import assert from 'node:assert/strict';
import {once} from 'node:events';
import {mkdirSync, writeFileSync} from 'node:fs';
import {type AddressInfo, createServer} from 'node:net';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {checkHttps, type HttpsFacts, readHttps} from '../../../src/commands/doctor/https.js';
import {checkPorts, describeDenied, readPorts, type WantedPort} from '../../../src/commands/doctor/ports.js';
import {checkProxies} from '../../../src/commands/doctor/proxy-variables.js';
import {temporaryFolder} from '../support.js';
import {INFO, only, rootIssuedAt, severities, worldOf} from './support.js';

const failed = (code: string) =>
  ({state: 'failed', error: Object.assign(new Error(`connect ${code}`), {code}), owner: undefined}) as const;
const ANSWERED = {state: 'answered'} as const;
const FACTS: HttpsFacts = {port: 443, httpPort: 80, pid: 4711, ipv4: ANSWERED, ipv6: ANSWERED, http: ANSWERED};

describe('what doctor says of HTTPS', () => {
  it('is fine where all is answered', () => {
    assert.deepEqual(
      checkHttps(FACTS).map(({severity}) => severity),
      ['ok', 'ok', 'ok'],
    );
  });

  it('is no error on ::1 where there is no IPv6', () => {
    for (const code of ['EADDRNOTAVAIL', 'EAFNOSUPPORT']) {
      const [ipv4, ipv6] = checkHttps({...FACTS, ipv4: failed(code), ipv6: failed(code)});
      assert.deepEqual([ipv4?.severity, ipv6?.severity], ['error', 'ok'], code);
    }
  });

  it('is an error where nothing listens', () => {
    const [, refused] = checkHttps({...FACTS, ipv6: failed('ECONNREFUSED')});
    assert.deepEqual(
      [refused?.severity, refused?.observed],
      ['error', 'HTTPS on [::1] port 443: connect ECONNREFUSED'],
    );
  });

  it('names another program that answers in its place', () => {
    const [strange] = checkHttps({...FACTS, ipv4: {state: 'strange', owner: {pid: 12, name: 'nginx'}}});
    assert.match(strange?.observed ?? '', /something other than tako answers; nginx \(pid 12\) has the port/);
    assert.match(strange?.fix ?? '', /^stop nginx \(pid 12\)/);
  });

  it('of a port that somebody else has opened names this process', async () => {
    const stranger = createServer(socket => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi')).listen(
      0,
      '127.0.0.1',
    );
    onTestFinished(() => void stranger.close());
    await once(stranger, 'listening');
    const {port} = stranger.address() as AddressInfo;
    const rootCertificate = path.join(temporaryFolder(), 'ca.crt');
    writeFileSync(rootCertificate, rootIssuedAt(Date.now()).certificate.toString());
    const facts = await readHttps({
      ...INFO,
      https: {port, isDenied: false},
      http: {port, isDenied: false},
      rootCertificate,
    });
    assert.deepEqual([facts.ipv4.state, facts.http.state], ['failed', 'strange']);
    for (const {severity, observed} of checkHttps(facts).filter(({id}) => id !== 'https-ipv6')) {
      assert.equal(severity, 'error');
      assert.match(observed, new RegExp(`\\(pid ${process.pid}\\) has the port$`));
    }
  });
});

describe('ports', () => {
  const https: WantedPort = {port: 443, transport: 'tcp', use: 'HTTPS', setting: 'port', holder: 'free'};
  const context = {daemon: undefined, platform: 'linux', isSetUp: false} as const;

  it('that are taken are errors while the daemon would want them, with who has them', () => {
    const nginx = only(checkPorts([{...https, holder: {pid: 12, name: 'nginx'}}], context));
    assert.deepEqual([nginx.id, nginx.severity], ['port-owner', 'error']);
    assert.equal(nginx.observed, 'port 443 (HTTPS) is in use by nginx (pid 12)');
    assert.match(nginx.fix ?? '', /^stop nginx, or set port in settings\.toml/);
    const hidden = only(checkPorts([{...https, holder: 'somebody'}], context));
    assert.match(hidden.observed, /a program of another user/);
    assert.match(hidden.fix ?? '', /sudo ss -lnpt 'sport = :443'/);
    assert.deepEqual(checkPorts([{...https, holder: 'somebody'}], {...context, isSetUp: true}), []);
  });

  it('are only a reason where the daemon is elsewhere, and nothing where it or systemd for it has them', () => {
    const daemon = {pid: 4711, https: {port: 47_831, isDenied: false}, http: INFO.http};
    const running = {daemon, platform: 'linux', isSetUp: false} as const;
    assert.equal(only(checkPorts([{...https, holder: {pid: 12, name: 'nginx'}}], running)).severity, 'warning');
    assert.deepEqual(checkPorts([{...https, holder: {pid: 4711, name: 'node'}}], running), []);
    assert.deepEqual(checkPorts([{...https, holder: {pid: 1, name: 'systemd'}}], running), []);
    assert.deepEqual(checkPorts([{...https, holder: 'somebody'}], running), []);
  });

  it('that were denied are a finding each, and setup opens them', () => {
    const denied = {port: 47_831, isDenied: true};
    const findings = checkPorts([], {daemon: {pid: 1, https: denied, http: denied}, platform: 'linux', isSetUp: false});
    assert.deepEqual(severities(findings), [
      ['port-denied', 'warning'],
      ['port-denied', 'warning'],
    ]);
    assert.equal(describeDenied(47_831, 'linux').fix, 'tako setup');
  });

  it('of other users are seen in the tables of the kernel', async () => {
    const root = temporaryFolder();
    mkdirSync(path.join(root, 'proc/net'), {recursive: true});
    const line = (port: string, state: string): string =>
      `   0: 00000000:${port} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 1 1\n`;
    // A port that nobody of this test has: 1, and another that is connected only.
    writeFileSync(path.join(root, 'proc/net/tcp'), line('0001', '0A') + line('0002', '01'));
    writeFileSync(path.join(root, 'proc/net/udp'), line('0003', '07'));
    const settings = {port: 1, httpPort: 2, dnsPort: 3, zones: [], secretKeys: 'file'} as const;
    const found = await readPorts(settings, worldOf(root));
    assert.deepEqual(
      found.map(({port, holder}) => [port, holder]),
      [
        [1, 'somebody'],
        [2, 'free'],
        [3, 'somebody'],
      ],
    );
    assert.deepEqual(
      await readPorts({port: 0, httpPort: 0, dnsPort: 0, zones: [], secretKeys: 'file'}, worldOf(root)),
      [],
    );
  });
});

describe('proxies in the environment', () => {
  const check = (environment: NodeJS.ProcessEnv) => only(checkProxies(environment, ['test', 'dev.example.com']));

  it('are fine where there is none, or where it is not asked for names of apps', () => {
    assert.equal(check({}).severity, 'ok');
    const HTTPS_PROXY = 'http://proxy:3128';
    for (const NO_PROXY of [
      '*',
      '.test,.localhost,.example.com',
      'test localhost dev.example.com',
      '*.test, *.localhost, example.com',
    ]) {
      assert.equal(check({HTTPS_PROXY, NO_PROXY}).severity, 'ok', NO_PROXY);
    }
  });

  it('are a finding otherwise, with the variable to set, and without passwords', () => {
    const finding = check({https_proxy: 'http://ann:secret@proxy.corp:3128', NO_PROXY: 'corp.example,.test'});
    assert.equal(finding.severity, 'warning');
    assert.equal(finding.observed, 'https_proxy sends .dev.example.com and .localhost to proxy.corp:3128');
    const value = 'corp.example,.test,.dev.example.com,.localhost,localhost,127.0.0.1,::1';
    assert.equal(finding.fix, `export NO_PROXY='${value}' no_proxy='${value}'`);
    assert.doesNotMatch(JSON.stringify(finding), /secret/);
  });

  it('are one where the variable in small letters, which many read first, lacks what the other has', () => {
    const environment = {ALL_PROXY: 'socks5h://127.0.0.1:9050', NO_PROXY: '*', no_proxy: 'localhost'};
    assert.match(check(environment).observed, /^ALL_PROXY sends \.test and \.dev\.example\.com to 127\.0\.0\.1:9050$/);
  });

  it('that an address does not name do not end the look', () => {
    assert.match(check({HTTP_PROXY: 'http://[bad'}).observed, /to a proxy$/);
  });
});
