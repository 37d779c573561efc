import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {parseListen, parseTo, renderTo} from '../../src/commands/proxy/addresses.js';
import {createHostFilter, parseHost} from '../../src/commands/proxy/hosts.js';
import {type ProxyFlags, readSettings} from '../../src/commands/proxy/settings.js';
import {TakoError} from '../../src/system/error.js';
import {temporaryFolder} from './support.js';

describe('an address to listen on', () => {
  it.each([
    ['127.0.0.1:8443', '127.0.0.1', 8443],
    ['[::1]:8443', '::1', 8443],
    ['0.0.0.0:80', '0.0.0.0', 80],
    [':8443', undefined, 8443],
    ['8443', undefined, 8443],
    ['localhost:0', undefined, 0],
  ])('may be %s', (text, host, port) => {
    assert.deepEqual(parseListen(text), {host, port});
  });
});

describe('something to forward to', () => {
  it.each([
    ['3000', {host: '127.0.0.1', port: 3000}, 1],
    [':3000', {host: '127.0.0.1', port: 3000}, 1],
    ['127.0.0.1:3000=5', {host: '127.0.0.1', port: 3000}, 5],
    ['Localhost:3000', {host: 'localhost', port: 3000}, 1],
    ['[::1]:3000', {host: '::1', port: 3000}, 1],
    ['http://app.internal', {host: 'app.internal', port: 80}, 1],
    ['http://app.internal:81/=2', {host: 'app.internal', port: 81}, 2],
    ['https://app.internal', {host: 'app.internal', port: 443, tls: {isVerified: true}}, 1],
    ['https://127.0.0.1:8443', {host: '127.0.0.1', port: 8443, tls: {isVerified: true, serverName: ''}}, 1],
    ['h2c://[::1]:50051', {host: '::1', port: 50_051, protocol: 'h2c'}, 1],
  ])('may be %s', (text, upstream, weight) => {
    assert.deepEqual(parseTo(text), {upstream, weight});
  });

  it('is shown as it is written', () => {
    const texts = ['127.0.0.1:3000', 'https://app.internal:443', 'h2c://[::1]:50051'];
    assert.deepEqual(
      texts.map(text => renderTo(parseTo(text))),
      texts,
    );
  });
});

describe('a host filter', () => {
  it('takes every host when it is given none', () => {
    assert.ok(createHostFilter([])('anything.example'));
  });

  it('takes names in any case, with any port, and those below a wildcard', () => {
    const serves = createHostFilter([parseHost('App.test'), parseHost('*.shop.test')]);
    assert.deepEqual(
      ['app.test', 'APP.test.:8443', 'x.app.test', 'a.shop.test', 'a.b.shop.test', 'shop.test', 'xshop.test', ''].map(
        serves,
      ),
      [true, true, false, true, true, false, false, false],
    );
  });
});

describe('the settings of tako proxy', () => {
  const read = (flags: Partial<ProxyFlags>) => readSettings({to: ['1'], ...flags});

  it('have defaults for all but the upstream', async () => {
    assert.deepEqual(await read({to: ['3000']}), {
      server: {
        listen: {host: '127.0.0.1', port: 8443},
        isSecure: true,
        hosts: [],
        backends: [{upstream: {host: '127.0.0.1', port: 3000}, weight: 1}],
        algorithm: 'least-in-flight',
        sticky: undefined,
        clientCertificates: undefined,
        trustedProxies: undefined,
        usesProxyProtocol: false,
        hasAccessLog: false,
      },
      certificateFiles: undefined,
      healthPath: undefined,
      workers: 1,
      graceMs: 10_000,
      isJson: false,
    });
    assert.deepEqual((await read({http: true})).server.listen, {host: '127.0.0.1', port: 8080});
  });

  it('believe proxies that are named, in the usual fields if nothing else is said', async () => {
    const trustedProxy = ['10.0.0.0/8', 'cloudflare'];
    const trusted = (await read({trustedProxy})).server.trustedProxies;
    assert.deepEqual(trusted, {addresses: trustedProxy, fields: 'x-forwarded'});
    const {server} = await read({trustedProxy, trustedFields: 'forwarded', proxyProtocol: true});
    assert.deepEqual([server.trustedProxies?.fields, server.usesProxyProtocol], ['forwarded', true]);
  });

  it('hash by the address when nothing else is said, and hash when something is', async () => {
    assert.deepEqual((await read({lb: 'consistent-hash'})).server.sticky, {by: 'address'});
    assert.equal((await read({sticky: 'cookie:user'})).server.algorithm, 'consistent-hash');
  });

  const notPem = (): string => {
    const file = path.join(temporaryFolder(), 'ca.crt');
    writeFileSync(file, 'none');
    return file;
  };

  it.each<[code: string, flags: () => Partial<ProxyFlags>]>([
    ['LISTEN_INVALID', () => ({listen: 'example.com:80'})],
    ['LISTEN_INVALID', () => ({listen: '127.0.0.1:65536'})],
    ['LISTEN_INVALID', () => ({listen: '127.0.0.1'})],
    ['LISTEN_INVALID', () => ({listen: '[127.0.0.1]:80'})],
    ['LISTEN_INVALID', () => ({listen: '::1:80'})],
    ['TO_INVALID', () => ({to: ['nowhere']})],
    ['TO_INVALID', () => ({to: ['127.0.0.1:0']})],
    ['TO_INVALID', () => ({to: ['http://127.0.0.1:80/path']})],
    ['TO_INVALID', () => ({to: ['ftp://127.0.0.1:80']})],
    ['TO_INVALID', () => ({to: ['127.0.0.1:80=0']})],
    ['TO_INVALID', () => ({to: ['127.0.0.1:80=257']})],
    ['TO_INVALID', () => ({to: ['user@host:80']})],
    ['TO_INVALID', () => ({to: ['h2c://127.0.0.1']})],
    ['HOST_INVALID', () => ({host: ['app.test:443']})],
    ['HOST_INVALID', () => ({host: ['app.test/api']})],
    ['STICKY_INVALID', () => ({sticky: 'cookie:'})],
    ['STICKY_INVALID', () => ({sticky: 'header:a b'})],
    ['STICKY_INVALID', () => ({sticky: 'moon'})],
    ['OPTIONS_INVALID', () => ({to: ['1', '127.0.0.1:1']})],
    ['OPTIONS_INVALID', () => ({lb: 'random'})],
    ['OPTIONS_INVALID', () => ({proxyProtocol: true})],
    ['OPTIONS_INVALID', () => ({trustedFields: 'forwarded'})],
    ['OPTIONS_INVALID', () => ({trustedProxy: ['::1'], trustedFields: 'x-real-ip'})],
    ['NETWORK_INVALID', () => ({trustedProxy: ['10.0.0.0/8', 'somewhere']})],
    ['OPTIONS_INVALID', () => ({lb: 'round-robin', sticky: 'address'})],
    ['OPTIONS_INVALID', () => ({cert: 'a.crt'})],
    ['OPTIONS_INVALID', () => ({http: true, cert: 'a.crt', key: 'a.key'})],
    ['OPTIONS_INVALID', () => ({http: true, clientCa: 'a.crt'})],
    ['OPTIONS_INVALID', () => ({clientCaOptional: true})],
    ['OPTIONS_INVALID', () => ({workers: '0'})],
    ['OPTIONS_INVALID', () => ({workers: 'two'})],
    ['OPTIONS_INVALID', () => ({grace: 'soon'})],
    ['OPTIONS_INVALID', () => ({healthPath: 'up'})],
    ['FILE_UNREADABLE', () => ({clientCa: '/nowhere/ca.crt'})],
    ['CERTIFICATE_INVALID', () => ({clientCa: notPem()})],
  ])('are refused with %s and the next step', async (code, flags) => {
    await assert.rejects(
      read(flags()),
      (error: unknown) => error instanceof TakoError && error.code === code && error.hint !== undefined,
    );
  });
});
