import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {decideZones} from '../../../src/devproxy/machine/delegation.js';
import {explainLoss} from '../../../src/devproxy/machine/explain-loss.js';
import type {NameFacts} from '../../../src/devproxy/machine/name-facts.js';
import {type NameWishes, planNames} from '../../../src/devproxy/machine/plan-names.js';
import type {Change} from '../../../src/system/changes/change.js';
import {renderCommand} from '../../../src/system/exec.js';
import {DNSMASQ, MACOS, NETWORK_MANAGER, PLAIN, RESOLVED, WSL} from './name-machines.js';

const WISHES: NameWishes = {
  zones: ['test'],
  hosts: ['shop.test', '*.shop.test', 'shop.localhost', 'api.dev.example.com'],
  ports: {dns: 53_535},
};

function changeOf(facts: NameFacts, wishes: Partial<NameWishes> = {}): Change {
  const {changes} = planNames(facts, {...WISHES, ...wishes});
  assert.equal(changes.length, 1);
  return changes[0] as Change;
}

/** The lines of a file that are not comments. */
function linesOf(change: Change, file: string): readonly string[] {
  const edit = change.files.find(({path}) => path === file);
  assert.ok(edit, `${file} is among ${change.files.map(({path}) => path)}`);
  const lines = 'content' in edit ? edit.content.split('\n') : edit.block;
  return lines.filter(line => line !== '' && !line.startsWith('#'));
}

const commandsOf = (change: Change): readonly string[] => change.apply.map(command => renderCommand(command, true));

describe('the plan for names', () => {
  it('is the same for the same machine, and all of it can be taken back', () => {
    for (const facts of [PLAIN, RESOLVED, DNSMASQ, NETWORK_MANAGER, MACOS, WSL]) {
      assert.deepEqual(planNames(facts, WISHES), planNames(facts, WISHES));
      for (const {files, apply, beforeUndo, afterUndo} of planNames(facts, WISHES).changes) {
        assert.ok(files.every(({path}) => path.startsWith('/etc/')));
        assert.equal(apply.length > 0, beforeUndo.length + afterUndo.length > 0);
      }
    }
  });

  const ways: readonly (readonly [string, NameFacts, string])[] = [
    ['macOS', MACOS, 'names-macos'],
    ['systemd-resolved', RESOLVED, 'names-resolved'],
    ['systemd-resolved by its module alone', {...RESOLVED, nameservers: ['10.0.0.2']}, 'names-resolved'],
    ['systemd-resolved by its stub alone', {...RESOLVED, sources: ['files', 'dns']}, 'names-resolved'],
    [
      'systemd-resolved that nobody asks',
      {...RESOLVED, nameservers: ['10.0.0.2'], sources: ['files', 'dns']},
      'names-hosts',
    ],
    [
      'systemd-resolved behind dns',
      {...RESOLVED, nameservers: ['1.1.1.1'], sources: ['dns', 'resolve']},
      'names-hosts',
    ],
    ['systemd-resolved that cannot tell a port', {...RESOLVED, resolvedVersion: 245}, 'names-hosts'],
    ['systemd-resolved without systemd', {...RESOLVED, init: 'other'}, 'names-hosts'],
    ['systemd-resolved and dnsmasq', {...RESOLVED, dnsmasqs: DNSMASQ.dnsmasqs}, 'names-resolved'],
    ['dnsmasq', DNSMASQ, 'names-dnsmasq'],
    ['dnsmasq that nobody asks', {...DNSMASQ, nameservers: ['10.0.0.2', '127.0.0.1']}, 'names-hosts'],
    [
      'dnsmasq of libvirt',
      {...DNSMASQ, dnsmasqs: [{configFile: '/var/lib/libvirt/d.conf', folders: []}]},
      'names-hosts',
    ],
    ["NetworkManager's dnsmasq", NETWORK_MANAGER, 'names-networkmanager'],
    ['a name server of another kind here', {...PLAIN, nameservers: ['127.0.0.1']}, 'names-hosts'],
    ['a plain resolv.conf', PLAIN, 'names-hosts'],
  ];
  for (const [title, facts, id] of ways) {
    it(`is ${id} with ${title}`, () => assert.equal(changeOf(facts).id, id));
  }

  it('wants still what stands', () => {
    for (const facts of [PLAIN, RESOLVED, DNSMASQ, NETWORK_MANAGER, MACOS]) {
      assert.deepEqual(planNames({...facts, hasOwn: true, findsTest: true}, WISHES), planNames(facts, WISHES));
    }
  });

  it('is nothing where names are found already, by the hand of somebody', () => {
    for (const facts of [PLAIN, RESOLVED, DNSMASQ]) {
      assert.deepEqual(planNames({...facts, findsTest: true}, WISHES).changes, []);
      const server = {address: '127.0.0.1', port: 53_535};
      const byHand: NameFacts = {
        ...facts,
        delegations: [{zone: 'test', owner: 'dnsmasq (/etc/dnsmasq.d/mine)', server}],
      };
      assert.deepEqual(planNames(byHand, WISHES), {changes: [], notes: []});
      // Of two zones it is the other one that is left to do.
      const [change] = planNames(byHand, {...WISHES, zones: ['test', 'dev.example.com']}).changes;
      assert.ok(change);
      assert.match(JSON.stringify(change), /dev\.example\.com/);
      assert.doesNotMatch(JSON.stringify(change.files), /shop\.test|~test|\/test\//);
    }
  });

  it('leaves .test to whoever has it, and has .tako.test instead', () => {
    const valet: NameFacts = {...DNSMASQ, delegations: [{zone: 'test', owner: 'Valet'}]};
    const {changes, notes} = planNames(valet, {...WISHES, zones: ['test', 'dev.example.com']});
    assert.deepEqual(notes, [
      'names under .test belong to Valet here, and stay so: apps are at NAME.tako.test and NAME.localhost',
    ]);
    assert.deepEqual(linesOf(changes[0] as Change, '/etc/dnsmasq.d/tako.conf'), [
      'server=/tako.test/127.0.0.1#53535',
      'rebind-domain-ok=/tako.test/',
      'server=/dev.example.com/127.0.0.1#53535',
      'rebind-domain-ok=/dev.example.com/',
    ]);
    // Names it answers for are found, and are not tako's all the same.
    assert.equal(planNames({...valet, findsTest: true}, WISHES).changes.length, 1);
    // The same zones are what the daemon answers for.
    assert.deepEqual(decideZones(['test', 'dev.example.com'], valet.delegations, 53_535), [
      'tako.test',
      'dev.example.com',
    ]);
    assert.deepEqual(decideZones(['test', 'dev.example.com'], [], 53_535), ['test', 'dev.example.com']);
  });

  it('leaves another zone to whoever has it', () => {
    const delegations = [
      {zone: 'dev.example.com', owner: 'the network link tun0', server: {address: '10.8.0.1', port: 53}},
    ];
    const {changes, notes} = planNames({...RESOLVED, delegations}, {...WISHES, zones: ['test', 'dev.example.com']});
    assert.deepEqual(notes, ['names under dev.example.com belong to the network link tun0 here, and stay so']);
    assert.doesNotMatch(JSON.stringify(changes), /dev\.example\.com/);
  });

  it('gives macOS a file for each zone', () => {
    const change = changeOf(MACOS, {zones: ['test', 'dev.example.com'], ports: {dns: 5300}});
    for (const zone of ['test', 'dev.example.com']) {
      assert.deepEqual(linesOf(change, `/etc/resolver/${zone}`), ['nameserver 127.0.0.1', 'port 5300']);
    }
  });

  it('gives systemd-resolved a link of its own that others leave alone', () => {
    const change = changeOf({...RESOLVED, hasNetworkManager: true, hasNetworkd: true}, {zones: ['test', 'a.example']});
    const unit = linesOf(change, '/etc/systemd/system/tako-names.service');
    assert.ok(unit.includes('ExecStart=resolvectl domain tako0 ~test ~a.example'));
    assert.ok(unit.includes('ExecStart=resolvectl dns tako0 127.0.0.1:53535'));
    assert.ok(unit.includes('PartOf=systemd-resolved.service'));
    assert.ok(linesOf(change, '/etc/NetworkManager/conf.d/tako.conf').includes('managed=0'));
    assert.ok(linesOf(change, '/etc/systemd/network/10-tako.network').includes('Unmanaged=yes'));
    assert.deepEqual(commandsOf(change), [
      'systemctl daemon-reload',
      'systemctl reload NetworkManager',
      'networkctl reload',
      'systemctl enable tako-names.service',
      'systemctl restart tako-names.service',
    ]);
    assert.deepEqual(
      changeOf(RESOLVED).files.map(({path}) => path),
      ['/etc/systemd/system/tako-names.service'],
    );
  });

  it('restarts dnsmasq as the machine does it, and writes into its file where it reads no folder', () => {
    assert.deepEqual(commandsOf(changeOf(DNSMASQ)), ['systemctl restart dnsmasq']);
    assert.deepEqual(commandsOf(changeOf({...DNSMASQ, init: 'openrc'})), ['rc-service dnsmasq restart']);
    assert.deepEqual(commandsOf(changeOf({...DNSMASQ, init: 'other'})), ['service dnsmasq restart']);
    assert.deepEqual(commandsOf(changeOf(NETWORK_MANAGER)), ['nmcli general reload dns-full']);
    assert.deepEqual(linesOf(changeOf(NETWORK_MANAGER), '/etc/NetworkManager/dnsmasq.d/tako.conf').length, 2);
    const folderless = {...DNSMASQ, dnsmasqs: [{configFile: '/etc/dnsmasq.conf', folders: []}]};
    assert.ok('block' in (changeOf(folderless).files[0] ?? {}));
    assert.equal(linesOf(changeOf(folderless), '/etc/dnsmasq.conf')[0], 'server=/test/127.0.0.1#53535');
  });

  it('names in /etc/hosts what it can, and says what it cannot', () => {
    assert.deepEqual(linesOf(changeOf(PLAIN), '/etc/hosts'), [
      '127.0.0.1 shop.test',
      '::1 shop.test',
      '127.0.0.1 tako.test',
      '::1 tako.test',
    ]);
    assert.deepEqual(planNames(PLAIN, WISHES).notes, [
      'a hosts file has no wildcards: nothing finds *.shop.test there',
    ]);
    const hosts = '10.1.1.1 old.test shop.test # the old shop\n';
    assert.deepEqual(planNames({...PLAIN, hosts}, {...WISHES, hosts: ['shop.test']}).notes, [
      "shop.test is 10.1.1.1 by a line of /etc/hosts that is not tako's",
    ]);
    // What stays the same stays the same, in whatever order the apps came.
    assert.deepEqual(changeOf(PLAIN, {hosts: ['b.test', 'a.test']}), changeOf(PLAIN, {hosts: ['a.test', 'b.test']}));
  });

  it('names single hosts where the name server has another port each time, and says why', () => {
    assert.equal(changeOf(RESOLVED, {ports: {dns: 0}}).id, 'names-hosts');
    assert.match(planNames(RESOLVED, {...WISHES, ports: {dns: 0}}).notes[0] ?? '', /dns_port = 0/);
    assert.match(planNames({...RESOLVED, resolvedVersion: 245}, WISHES).notes[0] ?? '', /systemd-resolved 245 cannot/);
  });

  it('writes the hosts file of Windows through a window that asks', () => {
    const {changes, notes} = planNames(WSL, WISHES);
    assert.deepEqual(
      changes.map(({id}) => id),
      ['names-hosts', 'names-windows'],
    );
    const windows = changes[1] as Change;
    const [command] = windows.apply;
    assert.equal(command?.elevated, undefined);
    const script = command?.args.at(-1) ?? '';
    assert.match(script, /-Verb RunAs -Wait/);
    assert.match(script, /''127\.0\.0\.1 shop\.test''/);
    // Within the second shell's words there are none but doubled single quotes.
    assert.doesNotMatch(script, /"/);
    assert.doesNotMatch(windows.afterUndo[0]?.args.at(-1) ?? 'shop', /shop/);
    assert.equal(notes.length, 1);
  });

  it('is nothing but a note on other systems', () => {
    const {changes, notes} = planNames({...PLAIN, system: 'other'}, WISHES);
    assert.deepEqual([changes, notes.length], [[], 1]);
  });
});

describe('what is said of names that are lost', () => {
  const options = {zones: ['test'], dnsPort: 53_535};

  it('has the command that tells the resolver again, where it is only that', () => {
    assert.equal(
      explainLoss({...RESOLVED, hasOwn: true}, options),
      'this machine does not find names under .test any more; this tells its resolver again: sudo -- systemctl restart tako-names.service',
    );
    assert.match(explainLoss({...DNSMASQ, hasOwn: true}, options), /sudo -- systemctl restart dnsmasq$/);
  });

  it('names who is asked instead, where resolv.conf is another', () => {
    const facts = {...RESOLVED, hasOwn: true, nameservers: ['10.8.0.1'], sources: ['files', 'dns']};
    assert.match(explainLoss(facts, options), /asks 10\.8\.0\.1 now.*"tako setup" finds another way/);
  });

  it('is to set up again what is gone', () => {
    assert.match(explainLoss(RESOLVED, options), /"tako setup" sets them up again/);
    assert.match(explainLoss({...MACOS, hasOwn: false}, options), /"tako setup" sets them up again/);
  });
});
