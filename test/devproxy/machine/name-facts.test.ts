import assert from 'node:assert/strict';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import type {MachineWorld} from '../../../src/devproxy/machine/machine-plan.js';
import {readNameFacts} from '../../../src/devproxy/machine/name-facts.js';
import {planNames} from '../../../src/devproxy/machine/plan-names.js';
import {readDelegations} from '../../../src/devproxy/machine/read-delegations.js';
import {contentAfter} from '../../../src/system/changes/change.js';
import {TakoError} from '../../../src/system/error.js';

type Machine = {
  readonly platform?: NodeJS.Platform;
  /** What commands print, by how they begin; all others are not installed. */
  readonly says?: Readonly<Record<string, string>>;
};

/** A folder that stands for a machine with these files; a name with a slash at its end is a folder. */
function machineWith(files: Readonly<Record<string, string>>, {platform = 'linux', says = {}}: Machine = {}) {
  const root = mkdtempSync(path.join(tmpdir(), 'tako-facts-'));
  onTestFinished(() => rmSync(root, {recursive: true, force: true}));
  const write = (name: string, text: string): void => {
    const file = path.join(root, name);
    mkdirSync(name.endsWith('/') ? file : path.dirname(file), {recursive: true});
    if (!name.endsWith('/')) writeFileSync(file, text);
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  const world: MachineWorld = {
    platform,
    root,
    user: {uid: 1000, name: 'ann', home: '/home/ann'},
    async run({file, args}) {
      const words = [file, ...args].join(' ');
      const [, stdout] = Object.entries(says).find(([start]) => words.startsWith(start)) ?? [];
      if (stdout === undefined) throw new TakoError('TOOL_MISSING', `${file} is not installed`);
      return {exitCode: 0, stdout, stderr: ''};
    },
  };
  return {world, write};
}

const UBUNTU = {
  'etc/resolv.conf': '# generated\nnameserver 127.0.0.53\noptions edns0 trust-ad\nsearch lan\n',
  'etc/nsswitch.conf':
    'passwd: files\nhosts:          files mdns4_minimal [NOTFOUND=return] resolve [!UNAVAIL=return] dns\n',
  'etc/hosts': '127.0.0.1 localhost\n',
  'run/systemd/system/': '',
  'run/systemd/resolve/': '',
  'run/NetworkManager/': '',
};
const RESOLVECTL = {
  'resolvectl --version': 'systemd 255 (255.4-1ubuntu8)\n+PAM +AUDIT\n',
  'resolvectl --no-pager domain': 'Global:\nLink 2 (enp1s0): lan\nLink 3 (tako0): ~test\n',
  'resolvectl --no-pager dns': 'Global:\nLink 2 (enp1s0): 192.168.1.1 fd00::1\nLink 3 (tako0): 127.0.0.1:53535\n',
};

const dnsmasqIn = (...words: string[]) => ({
  'proc/812/comm': 'dnsmasq\n',
  'proc/812/cmdline': ['/usr/sbin/dnsmasq', ...words, ''].join('\0'),
  'proc/self/': '',
  'proc/1/comm': 'init\n',
  'proc/1/cmdline': 'init\0-7\0/etc\0',
});

describe('how a machine finds names', () => {
  it('is read of systemd-resolved', async () => {
    const {world} = machineWith(UBUNTU, {says: RESOLVECTL});
    assert.deepEqual(await readNameFacts(world), {
      system: 'linux',
      init: 'systemd',
      delegations: [
        {zone: 'lan', owner: 'the network link enp1s0', server: {address: '192.168.1.1', port: 53}},
        {zone: 'lan', owner: 'the network link enp1s0', server: {address: 'fd00::1', port: 53}},
      ],
      hasOwn: false,
      findsTest: false,
      nameservers: ['127.0.0.53'],
      sources: ['files', 'mdns4_minimal', 'resolve', 'dns'],
      resolvedVersion: 255,
      hasNetworkManager: true,
      hasNetworkd: false,
      dnsmasqs: [],
      hosts: '127.0.0.1 localhost\n',
      powershell: null,
    });
  });

  it('is read of an empty machine', async () => {
    const facts = await readNameFacts(machineWith({}).world);
    assert.deepEqual([facts.init, facts.sources, facts.nameservers, facts.hosts], ['other', ['files', 'dns'], [], '']);
    assert.equal(facts.resolvedVersion, null);
  });

  it('never starts systemd-resolved by asking for it', async () => {
    const {world} = machineWith({}, {says: RESOLVECTL});
    assert.equal((await readNameFacts(world)).resolvedVersion, null);
    assert.deepEqual(await readDelegations(world), []);
  });

  it('knows what tako wrote from what others wrote, for every way there is', async () => {
    const says = {...RESOLVECTL, getent: '127.0.0.1 tako-setup-canary.test\n'};
    const machines = [
      machineWith(UBUNTU, {says}),
      machineWith({'etc/hosts': '127.0.0.1 localhost'}, {says}),
      machineWith({...dnsmasqIn('-7', '/etc/dnsmasq.d,.dpkg-old'), 'etc/resolv.conf': 'nameserver 127.0.0.1'}, {says}),
      machineWith({...dnsmasqIn('-k'), 'etc/resolv.conf': 'nameserver 127.0.0.1'}, {says}),
      machineWith({'etc/resolver/': ''}, {platform: 'darwin'}),
    ];
    for (const {world, write} of machines) {
      const wishes = {zones: ['test'], hosts: ['shop.test'], ports: {dns: 53_535}};
      const before = {...(await readNameFacts(world)), findsTest: false};
      assert.equal(before.hasOwn, false);
      const {changes} = planNames(before, wishes);
      for (const edit of changes.flatMap(({files}) => files)) write(edit.path, contentAfter(edit, undefined));
      const after = await readNameFacts(world);
      assert.equal(after.hasOwn, true);
      assert.deepEqual(
        after.delegations.filter(({zone}) => zone === 'test'),
        [],
      );
      assert.deepEqual(planNames(after, wishes).changes, changes);
    }
  });

  it('is the folders that dnsmasq really reads', async () => {
    const conf = '#conf-dir=/etc/not-read\n  conf-dir = /etc/dnsmasq.d/,*.conf\n';
    const read = async (files: Readonly<Record<string, string>>) =>
      (await readNameFacts(machineWith(files).world)).dnsmasqs;
    assert.deepEqual(await read({...dnsmasqIn(), 'etc/dnsmasq.conf': conf}), [
      {configFile: '/etc/dnsmasq.conf', folders: ['/etc/dnsmasq.d']},
    ]);
    assert.deepEqual(await read({...dnsmasqIn('--conf-dir=/etc/NetworkManager/dnsmasq.d', '-C', '/dev/null')}), [
      {configFile: '/dev/null', folders: ['/etc/NetworkManager/dnsmasq.d']},
    ]);
    assert.deepEqual(await read({'etc/dnsmasq.conf': conf}), [], 'none runs');
  });

  it('sees Windows behind WSL', async () => {
    const powershell = '/mnt/c/Windows/System32/WindowsPowerShell/v1.0/powershell.exe';
    const version = 'Linux version 5.15.90.1-microsoft-standard-WSL2';
    assert.equal(
      (await readNameFacts(machineWith({'proc/version': version, [powershell]: ''}).world)).powershell,
      powershell,
    );
    assert.equal(
      (await readNameFacts(machineWith({'proc/version': 'Linux version 6.1', [powershell]: ''}).world)).powershell,
      null,
    );
  });

  it('is whether names are found already', async () => {
    const finds = async (getent: string) => (await readNameFacts(machineWith({}, {says: {getent}}).world)).findsTest;
    assert.equal(await finds('::1             tako-setup-canary.test\n'), true);
    assert.equal(await finds('127.0.0.1       tako-setup-canary.test\n'), true);
    assert.equal(await finds('127.0.0.11      tako-setup-canary.test\n'), false);
    assert.equal(await finds(''), false);
  });
});

describe('whose a zone is', () => {
  const delegationsOf = async (files: Readonly<Record<string, string>>, machine: Machine = {}) =>
    readDelegations(machineWith(files, machine).world);

  it('is read from the files of dnsmasq, with all the ways to write it', async () => {
    const work = [
      'address=/test/127.0.0.1',
      '#address=/comment/127.0.0.1',
      ' server = /.corp/internal/10.1.1.1#5353',
      'local=/lan/',
      'server=8.8.8.8',
      'address=/#/1.2.3.4',
    ].join('\n');
    const owner = 'dnsmasq (/etc/dnsmasq.d/work)';
    const server = {address: '10.1.1.1', port: 5353};
    assert.deepEqual(await delegationsOf({...dnsmasqIn('-7', '/etc/dnsmasq.d'), 'etc/dnsmasq.d/work': work}), [
      {zone: 'test', owner},
      {zone: 'corp', owner, server},
      {zone: 'internal', owner, server},
      {zone: 'lan', owner},
    ]);
    const valet = {'etc/NetworkManager/dnsmasq.d/valet': 'address=/.test/127.0.0.1\n'};
    assert.deepEqual(await delegationsOf({...dnsmasqIn('--conf-dir=/etc/NetworkManager/dnsmasq.d'), ...valet}), [
      {zone: 'test', owner: 'Valet'},
    ]);
    assert.deepEqual(await delegationsOf(valet), [], 'nobody reads it');
  });

  it('is read from systemd-resolved, of links and of all of it', async () => {
    const says = {
      'resolvectl --no-pager domain': 'Global: ~corp\nLink 7 (lerd0): ~test\nLink 8 (tun0): ~.\n',
      'resolvectl --no-pager dns':
        'Global: 10.0.0.1#dns.corp\nLink 7 (lerd0): 127.0.0.1:5300\nLink 8 (tun0): [fd00::1]:54\n',
    };
    assert.deepEqual(await delegationsOf(UBUNTU, {says}), [
      {zone: 'corp', owner: 'a setting of systemd-resolved', server: {address: '10.0.0.1', port: 53}},
      {zone: 'test', owner: 'lerd', server: {address: '127.0.0.1', port: 5300}},
    ]);
  });

  it('is read from the resolver files of macOS', async () => {
    const files = {
      'etc/resolver/test': 'nameserver 127.0.0.1\nport 9253\n',
      'etc/resolver/corp': 'nameserver 10.0.0.1\n',
      'etc/resolver/work': 'nameserver 127.0.0.1\n',
    };
    assert.deepEqual(await delegationsOf(files, {platform: 'darwin'}), [
      {zone: 'corp', owner: '/etc/resolver/corp', server: {address: '10.0.0.1', port: 53}},
      {zone: 'test', owner: 'puma-dev (/etc/resolver/test)', server: {address: '127.0.0.1', port: 9253}},
      {zone: 'work', owner: 'Valet or dnsmasq (/etc/resolver/work)', server: {address: '127.0.0.1', port: 53}},
    ]);
  });
});
