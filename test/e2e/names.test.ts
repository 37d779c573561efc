import assert from 'node:assert/strict';
import {describe, it, onTestFinished} from 'vitest';
import {eventually} from '../helpers/eventually.js';
import {runAndKill} from '../helpers/machine/faults.js';
import {addLink, createMachine, MACHINE_PARTS, type Machine, type MachineOptions} from '../helpers/machine/machine.js';
import {startResolved} from '../helpers/machine/resolved.js';
import {requires} from '../helpers/system-parts.js';

// `tako setup` and names, each on a computer of its own kind.

async function machineWith(options: MachineOptions): Promise<Machine> {
  const machine = await createMachine(options);
  onTestFinished(() => machine.close());
  return machine;
}

const ROUTES = ['[envs.development]', 'routes = ["shop.test", "*.shop.test"]'];

/** An app that goes on while nobody looks. */
async function ensureShop(machine: Machine, config: readonly string[] = ROUTES): Promise<void> {
  const {exitCode, stderr} = await machine.runWith({cwd: machine.project('shop', config)}, 'tako', 'ensure');
  assert.equal(exitCode, 0, stderr);
}

/** The addresses that the C library, and so nearly every program, finds. */
async function addressesOf({run}: Machine, host: string): Promise<readonly string[]> {
  const {stdout} = await run('getent', 'ahosts', host);
  return [...new Set(stdout.split('\n').flatMap(line => line.split(/\s+/)[0] || []))].sort();
}

const isHere = async (machine: Machine, host: string): Promise<boolean> =>
  (await addressesOf(machine, host)).includes('127.0.0.1');

const untilHere = (machine: Machine, host: string): Promise<void> =>
  eventually(async () => assert.ok(await isHere(machine, host), `${host} is found`));

/** What of the plan is about names; nothing where all of it stands. */
async function stepsFor(machine: Machine): Promise<readonly string[]> {
  const {steps} = JSON.parse(await machine.must('tako', 'setup', '--dry-run', '--json'));
  return steps.map(({title}: {title: string}) => title);
}

const undo = (machine: Machine): Promise<string> => machine.must('tako', 'setup', '--undo', '--yes');

describe.skipIf(requires(...MACHINE_PARTS, 'curl'))('tako setup where resolv.conf names a server elsewhere', () => {
  it('names apps in /etc/hosts, follows them, and puts it back to the byte', async () => {
    // The last line is without an end, as editors may leave it.
    const hosts = '127.0.0.1 localhost\n10.1.2.3 mine # and stays so';
    const machine = await machineWith({etc: {'resolv.conf': 'nameserver 10.255.255.53\n', hosts}});
    const before = machine.snapshot();
    await machine.must('tako', 'setup', '--yes');
    assert.deepEqual(await addressesOf(machine, 'tako.test'), ['127.0.0.1', '::1']);
    await ensureShop(machine, ['[envs.development]', 'routes = ["shop.test", "x.y.shop.test", "*.shop.test"]']);
    // The daemon is root here: it has named them before anybody could ask.
    assert.deepEqual(await addressesOf(machine, 'x.y.shop.test'), ['127.0.0.1', '::1']);
    assert.equal(await machine.must('curl', '-sS', 'https://x.y.shop.test'), 'shop answers');
    assert.ok(machine.read('hosts')?.startsWith(`${hosts}\n# tako begin`));
    const {steps, notes} = JSON.parse(await machine.must('tako', 'setup', '--dry-run', '--json'));
    assert.deepEqual(steps, []);
    assert.deepEqual(notes, ['a hosts file has no wildcards: nothing finds *.shop.test there']);
    await machine.must('tako', 'stop', 'shop');
    await eventually(() => assert.doesNotMatch(machine.read('hosts') ?? '', /shop/));
    assert.ok(await isHere(machine, 'tako.test'));
    await undo(machine);
    assert.equal(machine.read('hosts'), hosts);
    assert.deepEqual(machine.snapshot(), before);
  });

  it('leaves a hosts file alone that nobody asked it to change', async () => {
    const machine = await machineWith({});
    const before = machine.snapshot();
    await ensureShop(machine);
    assert.deepEqual(machine.snapshot(), before);
  });

  it('is told of by tako dev of a user who may not write it', async () => {
    const machine = await machineWith({});
    const shop = machine.project('shop');
    await machine.must('chown', '-R', 'dev', shop);
    const dev = machine.start({as: 'dev', cwd: shop}, 'tako', 'dev', '--plain');
    let said = '';
    dev.stdout?.on('data', text => (said += text));
    dev.stderr?.on('data', text => (said += text));
    await eventually(() =>
      assert.match(said, /shop\.test does not resolve on this machine yet: "tako setup" sees to it/),
    );
  });
});

/** A service that starts as the machine does. */
async function startService(machine: Machine, name: string, command: string): Promise<void> {
  machine.service(name, command);
  await machine.must('systemctl', 'start', name);
}

const DNSMASQ_ETC = {
  'resolv.conf': 'nameserver 127.0.0.1\n',
  // With what drops answers that name this machine.
  'dnsmasq.conf':
    'listen-address=127.0.0.1\nbind-interfaces\nno-resolv\nstop-dns-rebind\nconf-dir=/etc/dnsmasq.d,.bak\n',
  'dnsmasq.d/work.conf': 'address=/corp.example/10.9.9.9\n',
};

async function dnsmasqMachine(etc: Readonly<Record<string, string>> = {}): Promise<Machine> {
  const machine = await machineWith({etc: {...DNSMASQ_ETC, ...etc}, hasSystemctl: true});
  await startService(machine, 'dnsmasq', 'dnsmasq --keep-in-foreground --pid-file= --user=root');
  await eventually(async () => assert.deepEqual(await addressesOf(machine, 'corp.example'), ['10.9.9.9']));
  return machine;
}

describe.skipIf(requires(...MACHINE_PARTS, 'dnsmasq', 'curl'))('tako setup with dnsmasq', () => {
  it('has names of any depth found, and puts all back', async () => {
    const machine = await dnsmasqMachine();
    const before = machine.snapshot();
    await machine.must('tako', 'setup', '--yes');
    await ensureShop(machine);
    await untilHere(machine, 'x.y.shop.test');
    assert.deepEqual(await addressesOf(machine, 'x.y.shop.test'), ['127.0.0.1', '::1']);
    assert.equal(await machine.must('curl', '-sS', 'https://x.y.shop.test'), 'shop answers');
    assert.deepEqual(await addressesOf(machine, 'corp.example'), ['10.9.9.9'], 'what was found before still is');
    assert.deepEqual(await stepsFor(machine), []);
    await undo(machine);
    assert.deepEqual(machine.snapshot(), before);
    assert.equal(await isHere(machine, 'x.y.shop.test'), false);
  });

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

  it('wants nothing where somebody has set it up by hand', async () => {
    const machine = await dnsmasqMachine({
      'dnsmasq.d/mine.conf': 'server=/test/127.0.0.1#53535\nrebind-domain-ok=/test/\n',
    });
    assert.equal((await stepsFor(machine)).filter(title => /names|hosts/.test(title)).length, 0);
    await ensureShop(machine);
    await untilHere(machine, 'x.y.shop.test');
  });

  it('leaves .test to whoever has it, and serves .tako.test', async () => {
    const machine = await dnsmasqMachine({'dnsmasq.d/valet.conf': 'address=/test/10.7.7.7\n'});
    const before = machine.snapshot();
    const {notes} = JSON.parse(await machine.must('tako', 'setup', '--yes', '--json'));
    assert.deepEqual(notes, [
      'names under .test belong to Valet here, and stay so: apps are at NAME.tako.test and NAME.localhost',
    ]);
    await ensureShop(machine, []);
    const {apps} = JSON.parse(await machine.must('tako', 'status', '--json'));
    assert.deepEqual(apps[0].urls, ['https://shop.tako.test', 'https://shop.localhost']);
    await untilHere(machine, 'x.y.shop.tako.test');
    assert.deepEqual(await addressesOf(machine, 'shop.test'), ['10.7.7.7']);
    assert.equal(await machine.must('curl', '-sS', 'https://shop.tako.test'), 'shop answers');
    assert.deepEqual(await stepsFor(machine), []);
    await undo(machine);
    assert.deepEqual(machine.snapshot(), before);
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
    const dev = machine.start({cwd: machine.project('shop', ROUTES)}, 'tako', 'dev', '--plain');
    let said = '';
    dev.stdout?.on('data', text => (said += text));
    dev.stderr?.on('data', text => (said += text));
    await untilHere(machine, 'shop.test');
    // Until it has been seen that names are found, none can be lost.
    await new Promise(resolve => setTimeout(resolve, 6_000));
    await machine.must('systemctl', 'stop', 'dnsmasq');
    await eventually(() => assert.match(said, /does not find names under \.test any more/));
    await machine.must('systemctl', 'start', 'dnsmasq');
    await eventually(() => assert.match(said, /finds names under \.test again/));
    assert.equal(said.match(/any more/g)?.length, 1);
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

const NETWORK_MANAGER = [
  'dnsmasq --no-resolv --keep-in-foreground --no-hosts --bind-interfaces --pid-file= --listen-address=127.0.0.1',
  '--cache-size=400 --conf-file=/dev/null --user=root --conf-dir=/etc/NetworkManager/dnsmasq.d',
].join(' ');

describe.skipIf(requires(...MACHINE_PARTS, 'dnsmasq'))("tako setup with NetworkManager's dnsmasq", () => {
  it('has names of any depth found, and puts all back', async () => {
    const machine = await machineWith({
      etc: {
        'resolv.conf': '# Generated by NetworkManager\nnameserver 127.0.0.1\n',
        'NetworkManager/conf.d/dns.conf': '[main]\ndns=dnsmasq\n',
        'NetworkManager/dnsmasq.d/README': '',
      },
      hasSystemctl: true,
    });
    machine.program('nmcli', '[ "$*" = "general reload dns-full" ] && exec systemctl restart network-manager-dnsmasq');
    await startService(machine, 'network-manager-dnsmasq', NETWORK_MANAGER);
    const before = machine.snapshot();
    await machine.must('tako', 'setup', '--yes');
    await ensureShop(machine);
    await untilHere(machine, 'x.y.shop.test');
    await undo(machine);
    assert.deepEqual(machine.snapshot(), before);
  });
});

describe.skipIf(requires(...MACHINE_PARTS, 'systemd-resolved', 'dnsmasq', 'dbus-daemon'))(
  'tako setup with systemd-resolved',
  () => {
    async function resolvedMachine(): Promise<Machine> {
      const machine = await machineWith({hasSystemctl: true});
      await startResolved(machine);
      return machine;
    }

    it('has names of any depth found, also offline and after it starts anew, and puts all back', {
      timeout: 120_000,
    }, async () => {
      const machine = await resolvedMachine();
      const before = machine.snapshot();
      await machine.must('tako', 'setup', '--yes');
      await ensureShop(machine);
      await untilHere(machine, 'x.y.shop.test');
      assert.deepEqual(await addressesOf(machine, 'x.y.shop.test'), ['127.0.0.1', '::1']);
      assert.equal(await machine.must('curl', '-sS', 'https://x.y.shop.test'), 'shop answers');
      assert.deepEqual(await stepsFor(machine), []);
      await machine.must('systemctl', 'restart', 'systemd-resolved');
      await untilHere(machine, 'a.b.c.shop.test');
      // Another zone, with the same link.
      await machine.must('tako', 'setup', '--zone', 'dev.example.com', '--yes');
      await untilHere(machine, 'a.b.dev.example.com');
      await untilHere(machine, 'shop.test');
      await undo(machine);
      assert.equal(await isHere(machine, 'shop.test'), false);
      assert.doesNotMatch(await machine.must('ip', 'link'), /tako0/);
      assert.deepEqual(machine.snapshot(), before);
    });

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
