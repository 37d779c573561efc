import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import type {CommandResult} from '../../src/system/exec.js';
import {eventually} from '../helpers/eventually.js';
import {runAndKill} from '../helpers/machine/faults.js';
import {addLink, MACHINE_PARTS} from '../helpers/machine/machine.js';
import {requires} from '../helpers/system-parts.js';
import {
  addressesOf,
  dnsmasqMachine,
  ensureShop,
  isHere,
  machineWith,
  ROUTES,
  resolvedMachine,
  stepsFor,
  undo,
  untilHere,
  watchDev,
} from './names-support.js';

// What else there is to `tako setup` and names: other owners, other ports, losses and kills.

describe.skipIf(requires(...MACHINE_PARTS))('the hosts file of a machine', () => {
  it('leaves a hosts file alone that nobody asked it to change', async () => {
    const machine = await machineWith({});
    const before = machine.snapshot();
    await ensureShop(machine);
    assert.deepEqual(machine.snapshot(), before);
  });

  it('is written in its place where it is mounted, as in a container', async () => {
    const machine = await machineWith({});
    await machine.must('mount', '--bind', '/etc/hosts', '/etc/hosts');
    const before = machine.snapshot();
    await machine.must('tako', 'setup', '--yes');
    await ensureShop(machine);
    assert.ok(await isHere(machine, 'shop.test'));
    await undo(machine);
    assert.deepEqual(machine.snapshot(), before);
  });

  it('is told of by tako dev of a user who may not write it', async () => {
    const machine = await machineWith({});
    const shop = machine.project('shop');
    await machine.must('chown', '-R', 'dev', shop);
    const screen = watchDev(machine, {as: 'dev', cwd: shop});
    await eventually(() =>
      assert.match(
        screen.said(),
        /"tako setup" lets this machine find shop\.test,.* until then: https:\/\/shop\.localhost/,
      ),
    );
  });
});

describe.skipIf(requires(...MACHINE_PARTS, 'dnsmasq', 'curl', 'sudo'))('names by dnsmasq', () => {
  it('has the names of another zone found as well', async () => {
    const machine = await dnsmasqMachine();
    const before = machine.snapshot();
    await machine.must('tako', 'setup', '--yes');
    await machine.must('tako', 'setup', '--zone', 'dev.example.com', '--yes');
    await ensureShop(machine, ['[envs.development]', 'routes = ["shop.dev.example.com", "*.shop.dev.example.com"]']);
    for (const host of ['a.b.c.shop.dev.example.com', 'dev.example.com', 'x.test']) await untilHere(machine, host);
    assert.equal(await isHere(machine, 'example.com'), false);
    assert.equal(await machine.must('curl', '-sS', 'https://a.b.c.shop.dev.example.com'), 'shop answers');
    await undo(machine);
    assert.deepEqual(machine.snapshot(), before);
  });

  it('writes into its own file where it reads no folder', async () => {
    const text = 'listen-address=127.0.0.1\nbind-interfaces\nno-resolv\naddress=/corp.example/10.9.9.9';
    const machine = await dnsmasqMachine({'dnsmasq.conf': text});
    const before = machine.snapshot();
    await machine.must('tako', 'setup', '--yes');
    await ensureShop(machine);
    await untilHere(machine, 'x.y.shop.test');
    await undo(machine);
    assert.deepEqual(machine.snapshot(), before);
  });

  it('is set up by a user who may use sudo, and not by one who may not', async () => {
    const machine = await dnsmasqMachine({'sudoers.d/dev': ''});
    await machine.must('chmod', '440', '/etc/sudoers.d/dev');
    const asDev = (...words: string[]): Promise<CommandResult> => machine.runWith({as: 'dev'}, 'tako', ...words);
    const before = machine.snapshot();
    const refused = await asDev('setup', '--yes');
    assert.match(refused.stderr, /ELEVATION_REFUSED/);
    assert.deepEqual(machine.snapshot(), before);
    const path = `${machine.folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
    const sudoers = `Defaults secure_path="${path}"\\ndev ALL=(ALL) NOPASSWD: ALL\\n`;
    await machine.must('sh', '-c', `printf '${sudoers}' >/etc/sudoers.d/dev`);
    const allowed = machine.snapshot();
    const done = await asDev('setup', '--yes');
    assert.match(machine.read('dnsmasq.d/tako.conf') ?? '', /server=\/test\//, done.stderr);
    const undone = await asDev('setup', '--undo', '--yes');
    assert.deepEqual(machine.snapshot(), allowed, undone.stderr);
  });

  it('wants nothing where somebody has set it up by hand', async () => {
    const machine = await dnsmasqMachine({
      'dnsmasq.d/mine.conf': 'server=/test/127.0.0.1#53535\nrebind-domain-ok=/test/\n',
    });
    assert.equal((await stepsFor(machine)).filter(title => /names|hosts/.test(title)).length, 0);
    await ensureShop(machine);
    await untilHere(machine, 'x.y.shop.test');
  });

  it('names the program that has the port of the name server, and works with another port', async () => {
    const machine = await dnsmasqMachine();
    machine.start(
      {},
      'dnsmasq',
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--pid-file=',
      '--port=53535',
      '--no-resolv',
      '--user=root',
      '--listen-address=127.0.0.1',
      '--bind-interfaces',
    );
    const shop = machine.project('shop', ROUTES);
    await eventually(async () => assert.match(await machine.must('ss', '-lnu'), /:53535/));
    const {exitCode, stderr} = await machine.runWith({cwd: shop}, 'tako', 'ensure');
    assert.equal(exitCode, 1);
    assert.match(stderr, /DNS port 53535 is in use by dnsmasq \(pid \d+\)/);
    await machine.must('sh', '-c', 'mkdir -p ~/.config/tako && echo dns_port = 5300 >~/.config/tako/settings.toml');
    const before = machine.snapshot();
    await machine.must('tako', 'setup', '--yes');
    assert.equal((await machine.runWith({cwd: shop}, 'tako', 'ensure')).exitCode, 0);
    await untilHere(machine, 'x.y.shop.test');
    await undo(machine);
    assert.deepEqual(machine.snapshot(), before);
  });

  it('is said on the screen when names are lost, and when they are back', {timeout: 120_000}, async () => {
    const machine = await dnsmasqMachine();
    await machine.must('tako', 'setup', '--yes');
    const screen = watchDev(machine, {cwd: machine.project('shop', ROUTES)});
    await untilHere(machine, 'shop.test');
    // Until it has been seen that names are found, none can be lost.
    const log = path.join(machine.folder, 'home/.local/share/tako/daemon.log');
    await eventually(() => assert.match(readFileSync(log, 'utf8'), /this machine finds names under \.test$/m));
    await machine.must('systemctl', 'stop', 'dnsmasq');
    await eventually(() => assert.match(screen.said(), /does not find names under \.test any more/));
    await machine.must('systemctl', 'start', 'dnsmasq');
    await eventually(() => assert.match(screen.said(), /finds names under \.test again/));
    assert.equal(screen.said().match(/any more/g)?.length, 1);
  });

  it('is completed by the next run when it was killed at any program, and so is its undoing', {
    timeout: 170_000,
  }, async () => {
    const machine = await dnsmasqMachine();
    machine.program('update-ca-certificates', 'exit 0');
    // What trust leaves behind is not what this is about.
    await machine.must('tako', 'trust', '--yes');
    await machine.must('tako', 'setup', '--undo', '--yes');
    const before = machine.snapshot();
    let kills = 0;
    for (let at = 1, goesOn = true; goesOn; at++) {
      const when = at % 2 === 0 ? 'before' : 'after';
      const isSetupKilled = await runAndKill(machine, {at, when}, 'setup', '--yes');
      await machine.must('tako', 'setup', '--yes');
      assert.match(machine.read('dnsmasq.d/tako.conf') ?? '', /^server=\/test\/127\.0\.0\.1#53535$/m);
      assert.deepEqual(
        (await stepsFor(machine)).filter(title => title.includes('names under')),
        [],
      );
      const isUndoKilled = await runAndKill(machine, {at, when}, 'setup', '--undo', '--yes');
      await undo(machine);
      assert.deepEqual(machine.snapshot(), before, `killed ${when} program ${at}`);
      goesOn = isSetupKilled || isUndoKilled;
      if (goesOn) kills++;
    }
    assert.ok(kills >= 5, `killed at ${kills} programs`);
  });
});

describe.skipIf(requires(...MACHINE_PARTS, 'systemd-resolved', 'dbus-daemon', 'dnsmasq'))(
  'names by systemd-resolved',
  () => {
    it('takes nothing from other links: neither their names nor what a VPN asks for', {timeout: 120_000}, async () => {
      const machine = await resolvedMachine();
      // A network whose server knows everything: all names are 10.6.6.6. It is what a VPN takes all questions to.
      await addLink(machine, 'tun0', '10.8.0.2/24');
      machine.start(
        {},
        ...'dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file= --no-resolv --user=root --listen-address=10.8.0.2 --bind-interfaces --address=/#/10.6.6.6'.split(
          ' ',
        ),
      );
      await machine.must('resolvectl', 'dns', 'tun0', '10.8.0.2');
      await machine.must('resolvectl', 'domain', 'tun0', '~.');
      await eventually(async () => assert.deepEqual(await addressesOf(machine, 'shop.test'), ['10.6.6.6']));
      await machine.must('tako', 'setup', '--yes');
      await ensureShop(machine);
      await untilHere(machine, 'shop.test');
      assert.deepEqual(await addressesOf(machine, 'example.org'), ['10.6.6.6']);
      // Pushed again, as NetworkManager does after sleep.
      await machine.must('resolvectl', 'revert', 'tun0');
      await machine.must('resolvectl', 'dns', 'tun0', '10.8.0.2');
      await machine.must('resolvectl', 'domain', 'tun0', '~.');
      await machine.must('resolvectl', 'flush-caches');
      assert.ok(await isHere(machine, 'new.shop.test'));
      assert.deepEqual(await addressesOf(machine, 'new.example.org'), ['10.6.6.6']);
      await undo(machine);
    });

    it('leaves .test to the link that has it', async () => {
      const machine = await resolvedMachine();
      await addLink(machine, 'lerd0', '192.0.2.1/32');
      await machine.must('resolvectl', 'dns', 'lerd0', '127.0.0.1:5300');
      await machine.must('resolvectl', 'domain', 'lerd0', '~test');
      const {notes} = JSON.parse(await machine.must('tako', 'setup', '--yes', '--json'));
      assert.match(notes[0], /^names under \.test belong to lerd here/);
      await ensureShop(machine, []);
      await untilHere(machine, 'x.shop.tako.test');
      assert.equal(await isHere(machine, 'x.shop.test'), false);
      await undo(machine);
    });
  },
);
