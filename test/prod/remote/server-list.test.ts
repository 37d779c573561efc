import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import {afterEach, beforeEach, describe, it} from 'vitest';
import {nameOfHost, parseServerAddress} from '../../../src/prod/remote/server-address.js';
import {openServerList, parseServers, renderServers, type ServerEntry} from '../../../src/prod/remote/server-list.js';

const entryOf = (name: string, more: Partial<ServerEntry> = {}): ServerEntry => ({
  ...{name, host: `${name}.example.com`, user: 'root', port: undefined, sshKey: undefined, sshOptions: []},
  root: '/opt/tako',
  platform: {os: 'linux', cpu: 'x64', libc: 'glibc'},
  ...more,
});

describe('servers.toml', () => {
  it('is read as it was written', () => {
    const plain = fc.string({minLength: 1, maxLength: 20}).filter(text => !/[\x00-\x1f\x7f]/.test(text));
    const entry = fc.record({
      port: fc.option(fc.integer({min: 1, max: 65_535}), {nil: undefined}),
      sshKey: fc.option(plain, {nil: undefined}),
      sshOptions: fc.array(plain, {maxLength: 3}),
      root: plain.map(text => `/${text}`),
    });
    fc.assert(
      fc.property(fc.array(entry, {maxLength: 4}), parts => {
        const servers = parts.map((part, index) => entryOf(`s${index}`, part));
        const parsed = parseServers(renderServers(servers), 'servers.toml');
        assert.deepEqual(parsed.ok && parsed.value, servers);
      }),
      {seed: 3, numRuns: 200},
    );
  });

  it('says every problem with its line', () => {
    const text = `[[servers]]
name = "one"
host = "-oProxyCommand=evil"
root = "relative"
platform = "windows"
colour = "blue"

[[servers]]
name = "one"
host = "two.example.com"
root = "/opt/tako"
platform = "linux-arm64"
`;
    const parsed = parseServers(text, 'servers.toml');
    assert.ok(!parsed.ok);
    assert.deepEqual(
      parsed.problems.map(({line}) => line).sort((a, b) => a - b),
      [3, 4, 5, 6, 9],
    );
  });
});

describe("the user's servers", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tako-servers-'));
  });
  afterEach(() => rmSync(folder, {recursive: true}));

  it('are none without a file, and keep their order when one is written again', async () => {
    const list = openServerList(path.join(folder, 'new'));
    assert.deepEqual(await list.load(), []);
    for (const name of ['b', 'a', 'c']) await list.put(entryOf(name));
    await list.put(entryOf('a', {port: 2222}));
    assert.deepEqual(
      (await list.load()).map(({name, port}) => [name, port]),
      [
        ['b', undefined],
        ['a', 2222],
        ['c', undefined],
      ],
    );
    assert.equal(statSync(path.join(folder, 'new', 'servers.toml')).mode & 0o777, 0o600);
    await list.remove('b');
    assert.deepEqual(
      (await list.load()).map(({name}) => name),
      ['a', 'c'],
    );
  });

  it('are all there when many are added at the same time', async () => {
    const names = Array.from({length: 8}, (_, index) => `s${index}`);
    await Promise.all(names.map(name => openServerList(folder).put(entryOf(name))));
    assert.deepEqual((await openServerList(folder).load()).map(({name}) => name).sort(), names);
  });

  it('are found by name, or the nearest name is told', async () => {
    const list = openServerList(folder);
    await list.put(entryOf('production'));
    assert.equal((await list.find('production')).host, 'production.example.com');
    await assert.rejects(list.find('prodction'), {code: 'SERVER_UNKNOWN', hint: 'did you mean "production"?'});
  });

  it('are not touched when the file has problems', async () => {
    writeFileSync(path.join(folder, 'servers.toml'), 'servers = 1\n');
    await assert.rejects(openServerList(folder).put(entryOf('a')), {code: 'CONFIG_INVALID'});
  });
});

describe('an address', () => {
  it('is a host, with a user if one is given', () => {
    assert.deepEqual(parseServerAddress('root@203.0.113.7'), {user: 'root', host: '203.0.113.7'});
    assert.deepEqual(parseServerAddress('web'), {user: undefined, host: 'web'});
    assert.deepEqual(parseServerAddress('anna@corp@web'), {user: 'anna@corp', host: 'web'});
  });

  it('is nothing that ssh or a shell could take for something else', () => {
    for (const text of [
      '',
      '@',
      'a@',
      '@b',
      '-oProxyCommand=x',
      'a@-b',
      '-a@b',
      'a b',
      'a;b',
      'a@b\n',
      '$(x)',
      'a@b/c',
    ]) {
      assert.throws(() => parseServerAddress(text), {code: 'SERVER_ADDRESS_INVALID'});
    }
  });

  it('gives a server its name', () => {
    assert.equal(nameOfHost('Web-1.Example.com'), 'web-1.example.com');
    assert.equal(nameOfHost('[2001:db8::1]'), '2001-db8-1');
  });
});
