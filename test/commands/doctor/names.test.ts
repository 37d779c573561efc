import assert from 'node:assert/strict';
import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {checkNames, type NameFacts, readNames} from '../../../src/commands/doctor/names.js';
import {checkResolver, readResolver} from '../../../src/commands/doctor/resolver.js';
import {startDnsServer} from '../../../src/devproxy/dns-server.js';
import {run} from '../../../src/system/exec.js';
import {temporaryFolder} from '../support.js';
import {only, severities, worldOf} from './support.js';

const FOUND: NameFacts = {
  zone: 'test',
  dnsPort: 53_535,
  own: ['127.0.0.1'],
  lookup: ['127.0.0.1'],
  localhost: [],
  system: {tool: 'getent', addresses: ['::1']},
  isSetUp: false,
};
const LOST: NameFacts = {...FOUND, lookup: [], system: {tool: 'getent', addresses: []}};

describe('names', () => {
  it('are fine where tako, programs and the system find them', () => {
    assert.deepEqual(severities(checkNames(FOUND)), [
      ['dns-server', 'ok'],
      ['dns-lookup', 'ok'],
      ['dns-system', 'ok'],
    ]);
  });

  it('are missing where nobody has set them up, and broken where somebody has', () => {
    const [, lookup, system] = checkNames(LOST);
    assert.deepEqual([lookup?.severity, lookup?.fix, system?.severity], ['warning', 'tako setup', 'warning']);
    const [, brokenLookup, brokenSystem] = checkNames({...LOST, isSetUp: true});
    assert.deepEqual([brokenLookup?.severity, brokenSystem?.severity], ['error', 'error']);
  });

  it('are told apart when somebody else has them, and when those of .localhost are found', () => {
    const [, lookup] = checkNames({...LOST, lookup: ['10.1.2.3'], localhost: ['127.0.0.1']});
    assert.equal(
      lookup?.observed,
      'programs do not resolve .test names to this machine but to 10.1.2.3; .localhost names they do',
    );
  });

  it('are broken where the name server is silent', () => {
    const [own] = checkNames({...FOUND, own: []});
    assert.deepEqual([own?.severity, own?.fix], ['error', 'tako doctor --fix']);
  });

  it('of this machine are asked for at the port of the daemon, and by tools that print them in their own ways', async () => {
    const server = await startDnsServer({port: 0, zones: ['test']});
    onTestFinished(() => server.close());
    const question = {zone: 'test', dnsPort: server.port, isSetUp: false};
    const outputs = {
      getent: '127.0.0.1       STREAM tako.test\n127.0.0.1       DGRAM\n',
      resolvectl: 'tako.test: 127.0.0.1                        -- link: lo\n           ::1\n',
      dscacheutil: 'name: tako.test\nip_address: 127.0.0.1\n',
    };
    for (const [tool, output] of Object.entries(outputs)) {
      const world = worldOf('/', {[tool]: output, [process.execPath]: '[["127.0.0.1"],[]]'});
      const facts = await readNames(question, world);
      assert.deepEqual([facts.own, facts.lookup, facts.system?.tool], [['127.0.0.1'], ['127.0.0.1'], tool]);
      assert.equal(facts.system?.addresses[0], '127.0.0.1', tool);
    }
  });

  it('are looked up by a program of its own, with getaddrinfo', async () => {
    const facts = await readNames({zone: 'test', dnsPort: 1, isSetUp: false}, worldOf('/', {}, {run}));
    assert.deepEqual(facts.own, []);
    assert.ok(Array.isArray(facts.lookup) && Array.isArray(facts.localhost));
  });
});

describe('the resolver of a machine', () => {
  const links = 'Global: ~test\nLink 2 (eth0):\nLink 5 (tun0): corp.example ~.\n';
  const interfaces = {
    tun0: [
      {address: '10.8.0.2', family: 'IPv4' as const, netmask: '255.255.255.0', mac: '', internal: false, cidr: null},
    ],
    utun1: [
      {address: 'fe80::1', family: 'IPv6' as const, netmask: '', mac: '', internal: false, cidr: null, scopeid: 1},
    ],
  };

  function machineWith(conf: string): string {
    const root = temporaryFolder();
    mkdirSync(path.join(root, 'etc'));
    writeFileSync(path.join(root, 'etc/resolv.conf'), conf);
    return root;
  }

  it('is read from resolv.conf, resolvectl and the interfaces', async () => {
    const root = machineWith('# nameserver 9.9.9.9\nnameserver 10.0.0.1\nnameserver fd00::1\n');
    assert.deepEqual(await readResolver(worldOf(root, {resolvectl: links}), interfaces), {
      servers: ['10.0.0.1', 'fd00::1'],
      takers: ['tun0'],
      tunnels: ['tun0'],
    });
    assert.deepEqual((await readResolver(worldOf(root), {})).takers, []);
  });

  it('is a finding where a VPN has taken all names, those of apps too', () => {
    const facts = {servers: ['10.8.0.1'], takers: ['tun0'], tunnels: ['tun0']};
    const lost = only(checkResolver(facts, {zone: 'test', resolves: false, isSetUp: true}));
    assert.equal(lost.severity, 'error');
    assert.match(lost.observed, /10\.8\.0\.1, and tun0 takes all names: those of \.test too/);
    assert.equal(only(checkResolver(facts, {zone: 'test', resolves: true, isSetUp: true})).severity, 'ok');
  });

  it('is none where there is no VPN', () => {
    const context = {zone: 'test', resolves: false, isSetUp: true};
    assert.equal(only(checkResolver({servers: ['1.1.1.1'], takers: [], tunnels: []}, context)).severity, 'ok');
    assert.deepEqual(checkResolver({servers: [], takers: [], tunnels: []}, context), []);
  });
});
