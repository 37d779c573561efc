import assert from 'node:assert/strict';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {type PortFacts, readPortFacts} from '../../../src/devproxy/machine/port-facts.js';
import {renderService, renderSocket} from '../../../src/devproxy/machine/port-units.js';
import type {Run} from '../../../src/system/exec.js';

const PASSWD = 'root:x:0:0:root:/root:/bin/bash\nada:x:1000:1000::/home/ada:/bin/bash\n';
const FILES: Readonly<Record<string, string>> = {
  '/etc/passwd': `${PASSWD}sync:x:4:65534:sync:/bin:/bin/sync\nnobody:x:65534:65534::/:/bin/bash\n`,
  '/proc/sys/net/ipv4/ip_unprivileged_port_start': '1024\n',
  '/proc/self/mounts': '/dev/sda1 / ext4 rw 0 0\nproc /proc proc rw 0 0\n',
  '/proc/net/if_inet6': '00000000000000000000000000000001 01 80 10 80       lo\n',
  '/proc/net/tcp': '',
  '/usr/sbin/sysctl': '',
};

const systemctl: Run = async ({args}) => ({
  exitCode: 0,
  stdout: args
    .slice(1)
    .map(() => 'active')
    .join('\n'),
  stderr: '',
});

async function factsOf(files: Readonly<Record<string, string>> = {}, run = systemctl): Promise<PortFacts> {
  const root = mkdtempSync(path.join(tmpdir(), 'tako-facts-'));
  onTestFinished(() => rmSync(root, {recursive: true, force: true}));
  for (const [file, content] of Object.entries({...FILES, ...files})) {
    mkdirSync(path.dirname(path.join(root, file)), {recursive: true});
    writeFileSync(path.join(root, file), content);
  }
  return readPortFacts({platform: 'linux', run, user: {uid: 1000, name: 'ada', home: '/home/ada'}, root});
}

describe('what is known of the ports of a machine', () => {
  it('is read from its files', async () => {
    assert.deepEqual(await factsOf(), {
      platform: 'linux',
      user: {uid: 1000, name: 'ada'},
      unprivilegedFrom: 1024,
      unprivilegedBefore: undefined,
      canChangeSysctl: true,
      isOneUsersOnly: true,
      hasSystemd: false,
      hasNft: false,
      isNixos: false,
      hasIpv6: true,
      units: undefined,
      areUnitsActive: false,
      isRedirectLoaded: false,
      listeners: [],
    });
  });

  it('is little where nothing can be read, and no error', async () => {
    const root = '/nonexistent';
    const facts = await readPortFacts({platform: 'linux', run: systemctl, user: {uid: 1, name: 'x', home: '/'}, root});
    assert.deepEqual([facts.unprivilegedFrom, facts.canChangeSysctl, facts.isOneUsersOnly], [1024, false, false]);
  });

  it.each([
    ['another person with a shell', {'/etc/passwd': `${PASSWD}bob:x:1001:1001::/home/bob:/bin/zsh\n`}, false],
    [
      'a service with an account of that range',
      {'/etc/passwd': `${PASSWD}git:x:1002:1002::/:/usr/sbin/nologin\n`},
      true,
    ],
    ['a user of the network', {'/etc/passwd': 'root:x:0:0:root:/root:/bin/bash\n'}, false],
  ])('%s', async (_, files, expected) => {
    assert.equal((await factsOf(files)).isOneUsersOnly, expected);
  });

  it.each([
    ['are fixed in a container', 'proc /proc proc rw 0 0\nproc /proc/sys proc ro,nosuid 0 0\n', false],
    ['are open where their part is', 'proc /proc/sys proc ro 0 0\nproc /proc/sys/net proc rw 0 0\n', true],
    ['are open below a root that cannot be written', '/dev/sda1 / ext4 ro 0 0\nproc /proc proc rw 0 0\n', true],
  ])("the kernel's settings %s", async (_, mounts, expected) => {
    assert.equal((await factsOf({'/proc/self/mounts': mounts})).canChangeSysctl, expected);
  });

  it('remembers in its own file what the setting was', async () => {
    const file = '/etc/sysctl.d/99-tako-ports.conf';
    assert.equal((await factsOf({[file]: '# Before, it was 512.\nx = 80\n'})).unprivilegedBefore, 512);
    assert.equal((await factsOf({[file]: 'x = 80\n'})).unprivilegedBefore, 1024);
  });

  it('has the units with whether systemd listens for them', async () => {
    const files = {
      '/etc/systemd/system/tako-dev.service': renderService({
        ...{user: 'bob', folder: '/b', command: ['x'], environment: {}, sockets: ['https']},
      }),
      '/etc/systemd/system/tako-dev-https.socket': renderSocket({name: 'https', port: 443, user: 'bob', hasIpv6: true}),
    };
    const {units, areUnitsActive} = await factsOf(files);
    assert.deepEqual([units, areUnitsActive], [{user: 'bob', folder: '/b', ports: {https: 443}}, true]);
    const failed: Run = async () => ({exitCode: 3, stdout: 'failed', stderr: ''});
    assert.equal((await factsOf(files, failed)).areUnitsActive, false);
    const missing: Run = async () => Promise.reject(new Error('no systemctl'));
    assert.equal((await factsOf(files, missing)).areUnitsActive, false);
  });

  it('counts who listens where a browser would arrive, below 1024', async () => {
    const row = (address: string, state = '0A') => `   0: ${address} 00000000:0000 ${state} 0:0 0:0 0 0 0 1 1\n`;
    // Ports that nobody has here: 1, 2, 3 and on.
    const table = [
      row('0100007F:0001'),
      row('00000000:0002'),
      row('3500007F:0003'),
      row('0100007F:0004', '01'),
      row('0100007F:2328'),
    ].join('');
    const table6 = row(`${'0'.repeat(32)}:0005`) + row(`${'0'.repeat(24)}01000000:0006`);
    const {listeners} = await factsOf({'/proc/net/tcp': table, '/proc/net/tcp6': table6});
    assert.deepEqual(
      listeners.map(({port}) => port),
      [1, 2, 5, 6],
    );
  });
});
