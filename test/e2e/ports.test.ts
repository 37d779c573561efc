import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterEach, describe, it} from 'vitest';
import type {CommandResult} from '../../src/system/exec.js';
import {eventually} from '../helpers/eventually.js';
import {accountsOf, asUser, installTako, projectOf} from '../helpers/machine/installed-tako.js';
import {createMachine, MACHINE_PARTS, type Machine, type MachineOptions} from '../helpers/machine/machine.js';
import {isSoak} from '../helpers/soak.js';
import {requires} from '../helpers/system-parts.js';

// Ports 443 and 80 of a computer of the test's own, for a user without rights: what tako does without them, what `tako setup`
// changes, and that all of it is taken back.

const PARTS = [...MACHINE_PARTS, 'runuser', 'sudo', 'sysctl', 'curl'] as const;
const TIMEOUT_MS = 120_000;
const PORT_START = 'net.ipv4.ip_unprivileged_port_start';

type Desk = Machine & {
  /** Runs tako as the user, in the folder of the app. */
  tako(...args: readonly string[]): Promise<CommandResult>;
  /** What curl gets as the user: status, and where it was led. */
  curl(url: string, ...args: readonly string[]): Promise<string>;
  portStart(): Promise<string>;
};

const machines: Machine[] = [];
afterEach(async () => {
  await Promise.all(machines.splice(0).map(machine => machine.close()));
});

async function createDesk(options: MachineOptions = {}): Promise<Desk> {
  const etc = {...accountsOf(), ...options.etc};
  const machine = await createMachine({...options, etc});
  machines.push(machine);
  await installTako(machine);
  const app = projectOf(machine, 'hello');
  const authority = path.join(machine.folder, 'dev/.local/share/tako/ca/ca.crt');
  return {
    ...machine,
    tako: (...args) => machine.runWith(asUser(app), 'tako', ...args),
    async curl(url, ...args) {
      const format = '%{http_code} %{redirect_url}';
      const words = ['curl', '-sS', '--cacert', authority, '-o', '/dev/null', '-w', format, ...args, url];
      const {stdout, stderr} = await machine.runWith(asUser(), ...words);
      return (stderr.match(/curl: \(\d+\)/)?.[0] ?? stdout).trim();
    },
    portStart: async () => (await machine.must('sysctl', '-n', PORT_START)).trim(),
  };
}

/** The app runs, served by a daemon of the user's. */
async function ensure({tako}: Desk): Promise<string> {
  const {exitCode, stdout, stderr} = await tako('ensure');
  assert.equal(exitCode, 0, stderr);
  return stdout;
}

async function mustSucceed(result: Promise<CommandResult>): Promise<string> {
  const {exitCode, stdout, stderr} = await result;
  assert.equal(exitCode, 0, stdout + stderr);
  return stderr;
}

const LONG = {timeout: TIMEOUT_MS};

describe.skipIf(requires(...PARTS))('a computer of one person', LONG, () => {
  it('serves everything at port 47831 without any right, and says in a line what setup would add', async () => {
    const desk = await createDesk();
    const dev = desk.start(asUser(path.join(desk.folder, 'projects/hello')), 'tako', 'dev', '--plain');
    let said = '';
    dev.stderr?.on('data', text => {
      said += text;
    });
    await eventually(() => assert.match(said, /^.*"tako setup" lets.*$/m));
    const lines = said.split('\n').filter(line => line.includes('tako setup'));
    assert.equal(lines.length, 1, said);
    assert.match(
      lines[0] ?? '',
      /"tako setup" lets this machine find hello\.test, serve it without a port and trust its certificate; until then: https:\/\/hello\.localhost:47831$/,
    );
    await eventually(async () => assert.equal(await desk.curl('https://hello.localhost:47831/'), '200'));
    assert.equal(await desk.curl('http://hello.localhost:47830/a'), '308 https://hello.localhost:47831/a');
  });

  it('gives 443 and 80 to the user after setup, and has every byte back after its undo', async () => {
    const desk = await createDesk();
    assert.match(await ensure(desk), /https:\/\/hello\.test:47831/);
    const before = {files: desk.snapshot(), start: await desk.portStart()};
    assert.equal(before.start, '1024');

    assert.match(await mustSucceed(desk.tako('setup', '--yes')), /let your programs open ports from 80 on/);
    assert.equal(await desk.portStart(), '80');
    assert.match(await ensure(desk), /https:\/\/hello\.test\/? /);
    assert.equal(await desk.curl('https://hello.localhost/'), '200');
    assert.equal(await desk.curl('http://hello.localhost/a?b'), '308 https://hello.localhost/a?b');
    const listeners = await desk.must('ss', '-Hltn', 'sport = :443');
    assert.match(listeners, /127\.0\.0\.1:443/);
    assert.match(listeners, /\[::1\]:443/);
    const again = await mustSucceed(desk.tako('setup', '--dry-run'));
    assert.match(again, /set up already/);

    await mustSucceed(desk.tako('setup', '--undo', '--yes'));
    assert.deepEqual(desk.snapshot(), before.files);
    assert.equal(await desk.portStart(), '1024');
    assert.match(await ensure(desk), /https:\/\/hello\.test:47831/);
  });

  it.skipIf(!isSoak)('gets the ports again from setup when the machine has lost them', async () => {
    const desk = await createDesk();
    await mustSucceed(desk.tako('setup', '--yes'));
    await desk.must('sysctl', '-w', `${PORT_START}=1024`);
    await mustSucceed(desk.tako('setup', '--yes'));
    assert.equal(await desk.portStart(), '80');
  });

  it.each(isSoak ? [443, 80] : [443])('does not move when somebody has port %d, and says who', async port => {
    const desk = await createDesk();
    const owner = desk.start({}, 'node', '-e', listen(port));
    await new Promise(resolve => owner.stdout?.once('data', resolve));
    const setup = await desk.tako('setup', '--yes');
    assert.match(setup.stderr, new RegExp(`^port ${port} is in use by a program of root: stop that program`, 'm'));
    assert.equal(await desk.portStart(), '80');
    const {exitCode, stderr} = await desk.tako('ensure');
    assert.equal(exitCode, 1);
    assert.match(stderr, new RegExp(`port ${port} is in use by a program of root \\[PORT_IN_USE\\]`));
    assert.equal(await desk.curl('https://hello.localhost:47831/'), 'curl: (7)');
  });

  it('ends with 3 and nothing changed where rights are refused', async () => {
    const desk = await createDesk();
    const sudoers = path.join(desk.folder, 'etc/sudoers');
    writeFileSync(sudoers, 'root ALL=(ALL:ALL) ALL\n');
    await expectRefusal(desk, /sudo: a terminal is required|not in the sudoers/);
    writeFileSync(sudoers, 'root ALL=(ALL:ALL) ALL\ndev ALL=(ALL:ALL) NOPASSWD: /bin/true\n');
    await expectRefusal(desk, /sudo: a terminal is required|not allowed to execute/);
    await desk.must('mount', '--bind', '/dev/null', '/usr/bin/sudo');
    await expectRefusal(desk, /there is no sudo or doas/);
    assert.equal((await desk.tako('setup', '--yes', '--json')).exitCode, 3);
    assert.match(await mustSucceed(desk.tako('setup', '--undo', '--yes')), /tako has changed nothing on this machine/);
    assert.match(await ensure(desk), /https:\/\/hello\.test:47831/);
  });

  it.skipIf(!isSoak)('has no use for rights where the ports are above 1023', async () => {
    const desk = await createDesk();
    const folder = path.join(desk.folder, 'dev/.config/tako');
    await desk.must('mkdir', '-p', folder);
    writeFileSync(path.join(folder, 'settings.toml'), 'port = 8443\nhttp_port = 8080\n');
    const {stderr} = await desk.tako('setup', '--dry-run');
    assert.doesNotMatch(stderr, /ip_unprivileged_port_start/);
    assert.match(await ensure(desk), /https:\/\/hello\.test:8443/);
  });
});

/** Rights that are refused change nothing, and no other port is taken in their place. */
async function expectRefusal(desk: Desk, said: RegExp): Promise<void> {
  const before = desk.snapshot();
  const {exitCode, stdout, stderr} = await desk.tako('setup', '--yes');
  assert.equal(exitCode, 3, stdout + stderr);
  assert.match(stderr, /\[ELEVATION_REFUSED\]/);
  assert.match(stderr, said);
  assert.deepEqual(desk.snapshot(), before);
  assert.equal(await desk.portStart(), '1024');
}

describe.skipIf(requires(...PARTS, 'nftables'))('a computer of several people, without systemd', LONG, () => {
  it("leads the user's own connections to their daemon, and nobody else's", async () => {
    const desk = await createDesk({etc: accountsOf('grace')});
    const before = desk.snapshot();
    await mustSucceed(desk.tako('setup', '--yes'));
    assert.equal(await desk.portStart(), '1024');
    assert.match(await ensure(desk), /https:\/\/hello\.test\/? /);
    assert.equal(await desk.curl('https://hello.localhost/', '-4'), '200');
    assert.equal(await desk.curl('https://hello.localhost/', '-6'), '200');
    assert.equal(await desk.curl('http://hello.localhost/a'), '308 https://hello.localhost/a');
    const {exitCode} = await desk.run('curl', '-sk', 'https://hello.localhost/');
    assert.equal(exitCode, 7, "another user's connection is refused, as before");
    assert.doesNotMatch(await mustSucceed(desk.tako('setup', '--dry-run')), /sudo -- nft/);

    await mustSucceed(desk.tako('setup', '--undo', '--yes'));
    assert.deepEqual(desk.snapshot(), before);
    assert.equal((await desk.must('nft', 'list', 'ruleset')).trim(), '');
    assert.match(await ensure(desk), /https:\/\/hello\.test:47831/);
  });

  it.skipIf(!isSoak)('says so when the rules are gone and the port is asked for by its number', async () => {
    const desk = await createDesk({etc: accountsOf('grace')});
    await mustSucceed(desk.tako('setup', '--yes'));
    await desk.must('nft', 'flush', 'ruleset');
    const folder = path.join(desk.folder, 'dev/.config/tako');
    await desk.must('mkdir', '-p', folder);
    writeFileSync(path.join(folder, 'settings.toml'), 'port = 443\n');
    const {exitCode, stderr} = await desk.tako('ensure');
    assert.equal(exitCode, 1);
    assert.match(stderr, /this user may not open port 443 \[PORT_DENIED\]/);
  });
});

/** A program that listens, and says when it does. */
const listen = (port: number): string =>
  `require('node:net').createServer().listen(${port}, '127.0.0.1', () => console.log('up'))`;
