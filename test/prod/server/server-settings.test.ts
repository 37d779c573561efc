import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {createServerProxies} from '../../../src/prod/server/front-proxies.js';
import {readServerSettings} from '../../../src/prod/server/server-settings.js';
import {errorCode} from '../../../src/system/error.js';

const hasCode = (code: string) => (error: unknown) => errorCode(error) === code;

function read(text?: string) {
  const root = mkdtempSync(path.join(tmpdir(), 'tako-settings-'));
  onTestFinished(() => rmSync(root, {recursive: true}));
  if (text !== undefined) writeFileSync(path.join(root, 'server.toml'), text);
  return readServerSettings(root);
}

const LETS_ENCRYPT = {
  directory: 'https://acme-v02.api.letsencrypt.org/directory',
  email: undefined,
  externalAccount: undefined,
  root: undefined,
};

describe('server.toml', () => {
  it('need not be there', async () => {
    const usual = {trustedProxies: undefined, authorities: [LETS_ENCRYPT]};
    assert.deepEqual(await read(), usual);
    assert.deepEqual(await read('# nothing\n'), usual);
  });

  it('names the proxies in front, and how they speak', async () => {
    const addresses = ['10.0.0.0/8', 'cloudflare'];
    const text = `[trusted_proxies]\naddresses = ${JSON.stringify(addresses)}\n`;
    const usual = {addresses, fields: 'x-forwarded', usesProxyProtocol: false};
    assert.deepEqual((await read(text)).trustedProxies, usual);
    const more = await read(`${text}fields = "forwarded"\nproxy_protocol = true\n`);
    assert.deepEqual(more.trustedProxies, {addresses, fields: 'forwarded', usesProxyProtocol: true});
  });

  it('names the CAs, by name or address, in the order in which they are asked', async () => {
    const {authorities} = await read(`[[acme]]
directory = "letsencrypt"
email = "ops@acme.dev"

[[acme]]
directory = "https://ca.acme.dev/directory"
external_account = {key_id = "one", hmac_key = "c2VjcmV0"}
root = "/etc/ssl/acme.pem"
`);
    assert.deepEqual(authorities, [
      {...LETS_ENCRYPT, email: 'ops@acme.dev'},
      {
        directory: 'https://ca.acme.dev/directory',
        email: undefined,
        externalAccount: {keyId: 'one', hmacKey: 'c2VjcmV0'},
        root: '/etc/ssl/acme.pem',
      },
    ]);
  });

  it.each([
    ['[trusted_proxies]', 'addresses'],
    ['[trusted_proxies]\naddresses = ["10.0.0.0/40"]', 'addresses\\[0\\]'],
    ['[trusted_proxies]\naddresses = []\nfields = "x-real-ip"', 'fields'],
    ['[trusted_proxy]\naddresses = []', 'did you mean "trusted_proxies"'],
    ['[[acme]]', 'directory'],
    ['[[acme]]\ndirectory = "http://ca.acme.dev/"', 'https://'],
    ['[[acme]]\ndirectory = "zerossl"\nemail = "ops"', 'email'],
    ['[[acme]]\ndirectory = "zerossl"\nexternal_account = {key_id = "one"}', 'hmac_key'],
    ['trusted', 'server\\.toml:1'],
  ])('of %j says what is wrong with it', async (text, problem) => {
    await assert.rejects(read(text), error => {
      assert.ok(hasCode('CONFIG_INVALID')(error));
      assert.match((error as {details: string[]}).details.join('\n'), new RegExp(problem));
      return true;
    });
  });
});

describe('the proxies in front of a server', () => {
  const named = createServerProxies({addresses: ['10.0.0.0/8']});

  it('are believed by apps that do not say otherwise, and required by those that do', () => {
    assert.deepEqual([named.of('auto')?.isRequired, named.of('auto')?.trusted.has('10.0.0.1')], [false, true]);
    assert.deepEqual([named.of('trusted-proxy')?.isRequired, named.of('direct')], [true, undefined]);
    named.assertServes('trusted-proxy');
  });

  it('are nobody where none is named: an app that requires one is then reached by nobody', () => {
    const nobody = createServerProxies(undefined);
    assert.equal(nobody.of('auto'), undefined);
    assert.equal(nobody.of('trusted-proxy')?.trusted.has('127.0.0.1'), false);
    assert.throws(() => nobody.assertServes('trusted-proxy'), hasCode('NO_TRUSTED_PROXIES'));
    nobody.assertServes('cloudflare-proxy');
  });

  it('are Cloudflare alone where that is said', () => {
    const behind = named.of('cloudflare-proxy');
    assert.deepEqual(
      ['104.16.0.1', '10.0.0.1'].map(address => behind?.trusted.has(address)),
      [true, false],
    );
  });
});
