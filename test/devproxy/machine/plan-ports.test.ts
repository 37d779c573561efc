import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {MachineWishes} from '../../../src/devproxy/machine/plan-machine.js';
import {planPorts} from '../../../src/devproxy/machine/plan-ports.js';
import type {PortFacts} from '../../../src/devproxy/machine/port-facts.js';
import type {PortUnits} from '../../../src/devproxy/machine/port-units.js';

const DAEMON = ['/usr/bin/node', '/usr/lib/tako/dist/cli.js', 'daemon'] as const;

const WISHES: MachineWishes = {
  zones: ['test'],
  hosts: [],
  ports: {https: 443, http: 80, dns: 53_535},
  deniedPorts: {https: 47_831, http: 47_830},
  daemon: DAEMON,
  environment: {HOME: '/home/ada', PATH: '/usr/bin'},
  folder: '/home/ada/.local/share/tako',
};

/** One person's laptop with systemd, where nothing was done yet. */
const LAPTOP: PortFacts = {
  platform: 'linux',
  user: {uid: 1000, name: 'ada'},
  unprivilegedFrom: 1024,
  unprivilegedBefore: undefined,
  canChangeSysctl: true,
  isOneUsersOnly: true,
  hasSystemd: true,
  hasNft: true,
  isNixos: false,
  hasIpv6: true,
  units: undefined,
  areUnitsActive: false,
  isRedirectLoaded: false,
  listeners: [],
};
const SHARED: PortFacts = {...LAPTOP, isOneUsersOnly: false};
const WITHOUT_SYSTEMD: PortFacts = {...SHARED, hasSystemd: false};
const UNITS: PortUnits = {user: 'ada', folder: WISHES.folder, ports: {https: 443, http: 80}};
const NGINX = (port: number) => ({port, owner: 'nginx (pid 812)', command: ['nginx']});

const plan = (facts: PortFacts, wishes: Partial<MachineWishes> = {}) => planPorts(facts, {...WISHES, ...wishes});

/** The way that was chosen, by the files that it writes; the numbers of the ports it is for, and whether a note is there. */
function wayOf(...given: Parameters<typeof plan>): string {
  const {changes, notes} = plan(...given);
  const files = changes.flatMap(change => change.files.map(file => file.path.split('/').at(-1)));
  return [...files, ...(notes.length > 0 ? [`${notes.length} said`] : [])].join(' ') || 'nothing';
}

const SYSCTL = '99-tako-ports.conf';
const SOCKETS = 'tako-dev.service tako-dev-https.socket tako-dev-http.socket';
const REDIRECT = 'tako-ports.nft 1 said';

describe('how a machine gives its ports', () => {
  it.each<[string, PortFacts, Partial<MachineWishes>, string]>([
    ['one person, nothing done', LAPTOP, {}, SYSCTL],
    ['one person, done', {...LAPTOP, unprivilegedFrom: 80, unprivilegedBefore: 1024}, {}, SYSCTL],
    ['one person, without systemd', {...LAPTOP, hasSystemd: false}, {}, SYSCTL],
    ['root', {...LAPTOP, user: {uid: 0, name: 'root'}}, {}, 'nothing'],
    ['a container that lets everybody', {...LAPTOP, unprivilegedFrom: 0}, {}, 'nothing'],
    ['somebody else has set it', {...LAPTOP, unprivilegedFrom: 80}, {}, 'nothing'],
    [
      'somebody else has set it, units of ours are there',
      {...SHARED, unprivilegedFrom: 80, units: UNITS},
      {},
      'nothing',
    ],
    ['macOS', {...LAPTOP, platform: 'darwin'}, {}, 'nothing'],
    ['ports that anybody may open', LAPTOP, {ports: {https: 8443, http: 8080, dns: 53_535}}, 'nothing'],
    ['any free ports', LAPTOP, {ports: {https: 0, http: 0, dns: 0}}, 'nothing'],
    [
      'one of them above 1023',
      SHARED,
      {ports: {https: 443, http: 8080, dns: 1}},
      'tako-dev.service tako-dev-https.socket',
    ],
    ['several people with systemd', SHARED, {}, SOCKETS],
    ['several people with systemd, done', {...SHARED, units: UNITS, areUnitsActive: true}, {}, SOCKETS],
    ['one person whose kernel settings are fixed', {...LAPTOP, canChangeSysctl: false}, {}, SOCKETS],
    ['a person has come since', {...SHARED, unprivilegedFrom: 80, unprivilegedBefore: 1024}, {}, SOCKETS],
    ['another person has the sockets', {...SHARED, units: {...UNITS, user: 'bob'}}, {}, '1 said'],
    ['several people without systemd', WITHOUT_SYSTEMD, {}, REDIRECT],
    ['several people with neither', {...WITHOUT_SYSTEMD, hasNft: false}, {}, '1 said'],
    ['NixOS', {...LAPTOP, isNixos: true}, {}, '1 said'],
    ['443 is taken', {...SHARED, listeners: [NGINX(443)]}, {}, 'tako-dev.service tako-dev-http.socket 1 said'],
    ['443 is taken, one person', {...LAPTOP, listeners: [NGINX(443)]}, {}, `${SYSCTL} 1 said`],
    ['both are taken', {...SHARED, listeners: [NGINX(443), NGINX(80)]}, {}, '2 said'],
    [
      'taken, where a redirect would be in the way',
      {...WITHOUT_SYSTEMD, listeners: [NGINX(443), NGINX(80)]},
      {},
      '2 said',
    ],
    ['another port is taken', {...SHARED, listeners: [NGINX(22)]}, {}, SOCKETS],
  ])('%s', (_, facts, wishes, expected) => {
    assert.equal(wayOf(facts, wishes), expected);
  });

  it('is not stopped by the daemon that has the ports already, nor by systemd for it', () => {
    const own = [443, 80].map(port => ({port, owner: 'node (pid 7)', command: [...DAEMON, '--port', '443']}));
    assert.equal(wayOf({...SHARED, listeners: own}), SOCKETS);
    const ofSystemd = [443, 80].map(port => ({port, owner: 'a program of root', command: []}));
    assert.equal(wayOf({...SHARED, listeners: ofSystemd, units: UNITS, areUnitsActive: true}), SOCKETS);
    assert.equal(wayOf({...SHARED, listeners: ofSystemd}), '2 said');
  });

  it('names who has a port, and what to do', () => {
    assert.deepEqual(plan({...SHARED, listeners: [NGINX(443)]}).notes, [
      'port 443 is in use by nginx (pid 812): stop that program and run "tako setup" again, or choose another port (docs/ports.md)',
    ]);
  });

  it('names the other person who has them', () => {
    const ofSystemd = [443, 80].map(port => ({port, owner: 'a program of root', command: []}));
    const {notes} = plan({...SHARED, listeners: ofSystemd, units: {...UNITS, user: 'bob'}, areUnitsActive: true});
    assert.match(notes.join(), /^ports 443 and 80 of this machine: bob has them/);
  });

  it('is the same plan for the same facts', () => {
    for (const facts of [LAPTOP, SHARED, WITHOUT_SYSTEMD]) assert.deepEqual(plan(facts), plan(facts));
  });
});

describe("the kernel's setting", () => {
  const [change] = plan(LAPTOP).changes;

  it('is written with what it was, and put back to that', () => {
    assert.ok(change);
    const [file] = change.files;
    assert.match(JSON.stringify(file), /# Before, it was 1024\.\\nnet\.ipv4\.ip_unprivileged_port_start = 80\\n/);
    assert.deepEqual(change.afterUndo, [
      {file: 'sysctl', args: ['-w', 'net.ipv4.ip_unprivileged_port_start=1024'], elevated: true},
    ]);
  });

  it('is the same change once it is done', () => {
    const [done] = plan({...LAPTOP, unprivilegedFrom: 80, unprivilegedBefore: 1024}).changes;
    assert.deepEqual({...done, isInEffect: false}, change);
  });

  it('goes no lower than it has to', () => {
    const {changes} = plan(LAPTOP, {ports: {https: 443, http: 8080, dns: 1}});
    assert.match(JSON.stringify(changes[0]?.files), /ip_unprivileged_port_start = 443\\n/);
  });

  it('is applied again where the machine has lost it', () => {
    assert.equal(plan({...LAPTOP, unprivilegedFrom: 1024, unprivilegedBefore: 1024}).changes[0]?.isInEffect, false);
    assert.equal(plan({...LAPTOP, unprivilegedFrom: 80, unprivilegedBefore: 1024}).changes[0]?.isInEffect, true);
  });
});

describe('the units', () => {
  it('have nothing of the environment that may be a secret: everybody can read them', () => {
    const environment = {...WISHES.environment, TAKO_TOKEN: 'hush', XDG_DATA_HOME: '/data', TAKO_HOME: '/tako'};
    const text = JSON.stringify(plan(SHARED, {environment}).changes);
    assert.doesNotMatch(text, /hush/);
    for (const kept of ['HOME=/home/ada', 'PATH=/usr/bin', 'XDG_DATA_HOME=/data', 'TAKO_HOME=/tako']) {
      assert.ok(text.includes(kept), kept);
    }
  });
});

describe('a redirect', () => {
  it("is of this user's connections to the loopback addresses alone", () => {
    const text = JSON.stringify(plan(WITHOUT_SYSTEMD).changes[0]?.files);
    const rules = text.match(/meta skuid [^\\]+/g);
    assert.deepEqual(rules, [
      'meta skuid 1000 ip daddr 127.0.0.1 tcp dport 443 redirect to :47831',
      'meta skuid 1000 ip6 daddr ::1 tcp dport 443 redirect to :47831',
      'meta skuid 1000 ip daddr 127.0.0.1 tcp dport 80 redirect to :47830',
      'meta skuid 1000 ip6 daddr ::1 tcp dport 80 redirect to :47830',
    ]);
  });
});

it('needs rights for all that it does to the machine', () => {
  for (const facts of [LAPTOP, SHARED, WITHOUT_SYSTEMD]) {
    for (const {files, apply, beforeUndo, afterUndo} of plan(facts).changes) {
      for (const {elevated} of [...files, ...apply, ...beforeUndo, ...afterUndo]) assert.equal(elevated, true);
    }
  }
});
