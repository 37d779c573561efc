import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync} from 'node:fs';
import {connect} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {type CommandResult, run} from '../../src/system/exec.js';
import {eventually} from '../helpers/eventually.js';
import {requires} from '../helpers/system-parts.js';
import {writeSshClient} from '../helpers/vps/ssh-access.js';
import {startVps, VPS_PARTS, type Vps} from '../helpers/vps/vps.js';

// The servers that the deploy tests deploy to: whether they are what those tests take them for.

const MIB = 1024 ** 2;
const TIMEOUT_MS = 120_000;

const EMPTY_FOLDERS = `/home:
deploy

/mnt:

/opt:

/srv:

/tmp:

/usr/local/bin:

/var/cache:`;
const FRESH_ROOT = 'bin dev etc home lib lib32 lib64 libx32 mnt opt proc root run sbin srv sys tmp usr var'.split(' ');

const ssh = (vps: Vps, host: string, command: string): Promise<CommandResult> =>
  run({file: 'ssh', args: ['-F', vps.sshConfig, host, command]}, {timeoutMs: 60_000});

describe.skipIf(requires(...VPS_PARTS, 'sudo'))('a server made of namespaces', {timeout: TIMEOUT_MS}, () => {
  let vps: Vps;
  beforeAll(async () => {
    vps = await startVps({name: 'one', sudoUser: true});
  }, TIMEOUT_MS);
  afterAll(() => vps?.close(), TIMEOUT_MS);

  it('takes commands over ssh, as root and as a second user who may use sudo', async () => {
    const root = await ssh(vps, 'one', 'whoami; hostname; pwd');
    assert.deepEqual(root, {exitCode: 0, stdout: 'root\none\n/root', stderr: ''});
    const user = await ssh(vps, 'one-deploy', 'whoami; pwd; sudo -n whoami');
    assert.deepEqual(user, {exitCode: 0, stdout: 'deploy\n/home/deploy\nroot', stderr: ''});
  });

  it('refuses everyone who has not the key', async () => {
    const options = ['IdentityFile=/nowhere', 'IdentityAgent=none', 'BatchMode=yes', 'StrictHostKeyChecking=no'];
    const args = [...options, 'UserKnownHostsFile=/dev/null'].flatMap(option => ['-o', option]);
    const {stderr} = await run({file: 'ssh', args: ['-F', '/dev/null', ...args, `root@${vps.address}`, 'true']});
    assert.match(stderr, /Permission denied \(publickey\)/);
    const {stdout} = await vps.run('cut -d: -f2 /etc/shadow | sort -u');
    assert.equal(stdout, '*');
  });

  it('has no Node and no package manager of it, wherever one looks', async () => {
    const names = ['node', 'nodejs', 'npm', 'npx', 'corepack', 'yarn', 'pnpm', 'bun', 'deno'];
    const search = names.map(name => `-name ${name}`).join(' -o ');
    const found = await vps.run(`find / -xdev \\( ${search} \\) \\( -type f -o -type l \\) -perm /111`);
    assert.deepEqual(found, {exitCode: 0, stdout: '', stderr: ''});
    assert.notEqual((await ssh(vps, 'one', 'node --version')).exitCode, 0);
  });

  it('sees nothing of this machine: no file, no process, no cache', async () => {
    const inside = async (command: string): Promise<string> => (await vps.run(command)).stdout;
    assert.equal(await inside('ls /home /opt /tmp /mnt /srv /usr/local/bin /var/cache'), EMPTY_FOLDERS);
    assert.equal(await inside('ls -A /root'), '.ssh');
    assert.deepEqual(
      (await inside('ls /')).split('\n').filter(entry => !FRESH_ROOT.includes(entry)),
      [],
    );
    assert.equal(await inside(`ls ${process.cwd()} 2>&1 >/dev/null | wc -l`), '1');
    assert.equal(await inside('cat /proc/1/cmdline | tr "\\0" " "'), '/bin/sh /sbin/vps-init ');
    const names = await inside('cat /proc/[0-9]*/comm | sort -u');
    assert.deepEqual(
      names.split('\n').filter(name => !['cat', 'sh', 'sort', 'sshd', 'vps-init'].includes(name)),
      [],
    );
  });

  it('knows no way out: no default route, no name server, no registry', async () => {
    assert.equal((await vps.run('ip route show default; ip -6 route show default')).stdout, '');
    const {exitCode, stderr} = await vps.run('curl -sS --max-time 5 https://registry.npmjs.org/');
    assert.notEqual(exitCode, 0);
    assert.match(stderr, /Could not resolve host/);
    assert.match((await vps.run('curl -sS --max-time 5 http://104.16.0.1/')).stderr, /Couldn't connect|unreachable/);
  });

  it('has cgroups of its own that limit what runs in them, where this machine lets it', async () => {
    assert.ok(['v1', 'v2', 'none'].includes(vps.cgroups));
    if (vps.cgroups === 'none') return;
    const base = vps.cgroups === 'v1' ? '/sys/fs/cgroup/memory' : '/sys/fs/cgroup';
    const limit = vps.cgroups === 'v1' ? 'memory.limit_in_bytes' : 'memory.max';
    const over = 'head -c 80M /dev/zero | tail -c 80M';
    const {stdout, stderr} = await ssh(
      vps,
      'one',
      `mkdir ${base}/small && echo 32M >${base}/small/${limit} && ` +
        `{ sh -c 'echo 0 >${base}/small/cgroup.procs; ${over} >/dev/null' 2>&1; echo "ended with $?"; }`,
    );
    assert.match(stdout, /ended with 137/, stderr);
    assert.equal((await vps.run(`rmdir ${base}/small`)).stderr, '');
  });

  it('reaps the processes that nobody waits for', async () => {
    await ssh(vps, 'one', '(sh -c "sleep 0.05" & exit) </dev/null >/dev/null 2>&1');
    await eventually(async () => {
      const {stdout} = await vps.run('grep -l "^State:.Z" /proc/[0-9]*/status 2>/dev/null; pgrep -x sleep');
      assert.equal(stdout, '');
    });
  });

  it('starts what /etc/rc.local says at every boot, and keeps its files when the power goes', async () => {
    await vps.run('printf "#!/bin/sh\\necho booted >>/root/boots\\n" >/etc/rc.local; chmod +x /etc/rc.local');
    await ssh(vps, 'one', 'echo kept >/opt/kept; ln /opt/kept /opt/linked; touch /run/lost');
    await vps.powerLoss();
    assert.equal(vps.pid, undefined);
    assert.equal(String(await vps.readFile('/opt/kept')), 'kept\n');
    await vps.boot();
    const {stdout} = await ssh(vps, 'one', 'cat /opt/kept; stat -c %h /opt/linked; ls /run/lost 2>&1');
    assert.match(stdout, /^kept\n2\nls: cannot access '\/run\/lost'/);
    await eventually(async () => assert.equal(String(await vps.readFile('/root/boots')), 'booted\n'));
  });

  it('ends all its processes when the power goes, whatever they ignore', async () => {
    const mark = `${31_000_000 + process.pid}`;
    await ssh(vps, 'one', `trap "" TERM HUP INT; setsid -f sleep ${mark} </dev/null >/dev/null 2>&1`);
    assert.equal(processesSaying(mark).length, 1);
    await vps.powerLoss();
    assert.deepEqual(processesSaying(mark), []);
    await vps.boot();
  });

  it('is silent towards its clients when the network is cut, and goes on when it is there again', async () => {
    const socket = connect({host: vps.address, port: 22});
    await once(socket, 'data');
    await vps.cutNetwork();
    const {exitCode} = await run({file: 'ssh', args: ['-F', vps.sshConfig, '-o', 'ConnectTimeout=2', 'one', 'true']});
    assert.notEqual(exitCode, 0);
    assert.equal(socket.destroyed, false);
    await vps.restoreNetwork();
    assert.equal((await ssh(vps, 'one', 'echo back')).stdout, 'back');
    const ended = once(socket, 'close');
    socket.end('no ssh\r\n');
    socket.resume();
    await ended;
  });

  it('has its processes killed by their numbers inside', async () => {
    const {stdout} = await ssh(vps, 'one', 'sleep 600 </dev/null >/dev/null 2>&1 & echo $!');
    await vps.kill(Number(stdout));
    await eventually(async () => assert.notEqual((await vps.run(`test -d /proc/${stdout}`)).exitCode, 0));
    await assert.rejects(vps.kill(4_000_000), /No such process/);
  });

  it('is found by the ssh of a folder that is first on the path', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tako-ssh-'));
    try {
      writeSshClient(folder, [vps.sshConfig]);
      const environment = {PATH: `${folder}:${process.env.PATH}`};
      const {stdout} = await run({file: 'sh', args: ['-c', 'ssh one hostname']}, {environment});
      assert.equal(stdout, 'one');
    } finally {
      rmSync(folder, {recursive: true, force: true});
    }
  });
});

describe.skipIf(requires(...VPS_PARTS))('several servers at once', {timeout: TIMEOUT_MS}, () => {
  it('are each at an address of their own, and out of each other’s reach', async () => {
    const both = await Promise.all([startVps({name: 'left'}), startVps({name: 'right'})]);
    try {
      const names = both.map(async vps => (await ssh(vps, vps.host, 'hostname')).stdout);
      assert.deepEqual(await Promise.all(names), ['left', 'right']);
      const [left, right] = both;
      assert.notEqual(left.address, right.address);
      assert.notEqual((await left.run(`curl -sS --max-time 5 telnet://${right.address}:22 </dev/null`)).exitCode, 0);
      assert.notEqual((await ssh(left, left.userHost, 'sudo -n true')).exitCode, 0);
    } finally {
      await Promise.all(both.map(vps => vps.close()));
    }
  });

  it('say ENOSPC when their disk is full, and work on when there is room again', async () => {
    const vps = await startVps({name: 'small', diskBytes: 32 * MIB});
    try {
      const full = await ssh(vps, 'small', 'head -c 64M /dev/zero >/opt/big');
      assert.match(full.stderr, /No space left on device/);
      const {stdout} = await ssh(vps, 'small', 'rm /opt/big; head -c 8M /dev/zero >/opt/fits && stat -c %s /opt/fits');
      assert.equal(stdout, String(8 * MIB));
    } finally {
      await vps.close();
    }
  });
});

describe.skipIf(requires(...VPS_PARTS))('what is left of a server', {timeout: TIMEOUT_MS}, () => {
  it('is nothing when it is closed, also twice', async () => {
    const vps = await startVps({name: 'closed'});
    const traces = tracesOf(vps);
    assertIsThere(traces);
    await Promise.all([vps.close(), vps.close()]);
    await assertNothingIsLeft(traces);
  });

  it('is nothing when it was switched off before', async () => {
    const vps = await startVps({name: 'off'});
    const traces = tracesOf(vps);
    await vps.powerLoss();
    await vps.close();
    await assertNothingIsLeft(traces);
  });

  it('is nothing when the process that started it is killed', async () => {
    const script = path.join(import.meta.dirname, '../helpers/vps/owner.mjs');
    const owner = spawn(process.execPath, ['--experimental-transform-types', '--no-warnings', script]);
    owner.stderr.pipe(process.stderr);
    const line = await createInterface(owner.stdout)[Symbol.asyncIterator]().next();
    assert.ok(!line.done, 'it has started');
    const vps: Pick<Vps, 'hostAddress' | 'sshConfig' | 'pid'> = JSON.parse(line.value);
    const traces = tracesOf(vps);
    assertIsThere(traces);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    await assertNothingIsLeft(traces);
  });
});

type Traces = {
  readonly folder: string;
  readonly id: string;
  readonly hostAddress: string;
  readonly namespaces: readonly string[];
};

/** Where a machine can be seen from outside. */
function tracesOf({sshConfig, hostAddress, pid}: Pick<Vps, 'sshConfig' | 'hostAddress' | 'pid'>): Traces {
  const folder = path.dirname(path.dirname(sshConfig));
  const namespaces = ['pid', 'mnt', 'net', 'uts'].map(kind => readlinkSync(`/proc/${pid}/ns/${kind}`));
  return {folder, id: path.basename(folder), hostAddress, namespaces};
}

function assertIsThere({folder, id, hostAddress, namespaces}: Traces): void {
  assert.ok(existsSync(folder));
  assert.ok(processesSaying(id).length >= 2, 'the disk and the machine');
  assert.ok(namespaces.every(namespace => processesIn(namespace).length >= 2));
  assert.ok(hasAddress(hostAddress));
}

/** The kernel takes namespaces and links apart some time after their last process. */
const assertNothingIsLeft = ({folder, id, hostAddress, namespaces}: Traces): Promise<void> =>
  eventually(() => {
    assert.ok(!existsSync(folder), folder);
    assert.deepEqual(processesSaying(id), []);
    assert.deepEqual(namespaces.flatMap(processesIn), []);
    assert.ok(!hasAddress(hostAddress), 'the cable is there');
    assert.ok(!readFileSync('/proc/self/mounts', 'utf8').includes(id), 'a mount is there');
    assert.equal(spawnSync('find', ['/sys/fs/cgroup', '-name', id], {encoding: 'utf8'}).stdout, '');
  });

const hasAddress = (address: string): boolean =>
  spawnSync('ip', ['-o', '-4', 'address'], {encoding: 'utf8'}).stdout.includes(` ${address}/`);

const processesSaying = (words: string): number[] =>
  processes().filter(pid => read(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')).includes(words));

const processesIn = (namespace: string): number[] =>
  processes().filter(pid =>
    ['pid', 'mnt', 'net', 'uts'].some(kind => read(() => readlinkSync(`/proc/${pid}/ns/${kind}`)) === namespace),
  );

const processes = (): number[] => readdirSync('/proc').map(Number).filter(Number.isInteger);

/** Of a process that may end meanwhile. */
function read(look: () => string): string {
  try {
    return look();
  } catch {
    return '';
  }
}
