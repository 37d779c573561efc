import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {parseFacts, type ServerFacts} from '../../../../src/prod/remote/install/facts.js';
import {installationNames} from '../../../../src/prod/remote/install/layout.js';
import {
  type InstallPlan,
  type InstallWishes,
  planInstall,
  renderHead,
} from '../../../../src/prod/remote/install/plan.js';
import {describePortOwners, parsePortOwners} from '../../../../src/prod/remote/install/port-owners.js';
import {planRemoval} from '../../../../src/prod/remote/install/removal.js';
import type {TakoError} from '../../../../src/system/error.js';

/** What templates/server/facts.sh prints on a fresh Debian 12, where an administrator with sudo logs in. */
const DEBIAN = `os Linux
cpu x86_64
user anna
uid 1000
groups anna sudo
home /home/anna
clock 1700000000
libc glibc
glibc 2.36
privilege sudo
root /opt/tako
disk /dev/vda1 40000000 5000000 30000000 15% /
systemd yes
user_systemd no
cron yes
has tar
has gzip
has useradd
first_port 1024
current 
listens 0016
listens 0016
`;

const debian = parseFacts(DEBIAN);
const WISHES: InstallWishes = {
  program: {version: '0.2.0', build: 'abcdef012345'},
  nodeVersion: '24.21.0',
  now: 1_700_000_000_000,
  mayJoin: true,
  httpPort: undefined,
  httpsPort: undefined,
};

const planFor = (facts: Partial<ServerFacts>, wishes: Partial<InstallWishes> = {}): InstallPlan =>
  planInstall({...debian, ...facts}, {...WISHES, ...wishes});
const ids = ({steps}: InstallPlan): string[] => steps.map(({id}) => id);

describe('the facts of a server', () => {
  it('are read from what the script prints', () => {
    assert.deepEqual(debian.platform, {os: 'linux', cpu: 'x64', libc: 'glibc'});
    assert.equal(debian.freeBytes, 30_000_000 * 1024);
    assert.equal(debian.now, 1_700_000_000_000);
    assert.deepEqual([...debian.listening], [22]);
    assert.deepEqual([debian.program, debian.settings, debian.isRootForeign], [null, null, false]);
  });

  it('tell a program that does not run from none', () => {
    assert.equal(parseFacts(`${DEBIAN}program broken\n`).program, 'broken');
    const description = {version: '0.1.0', protocol: 1, build: 'b', node: '24.0.0'};
    assert.deepEqual(parseFacts(`${DEBIAN}program ${JSON.stringify(description)}\n`).program, description);
  });

  it('refuse systems that there is no program for', () => {
    assert.throws(() => parseFacts(DEBIAN.replace('Linux', 'FreeBSD')), {code: 'SERVER_UNSUPPORTED'});
    assert.throws(() => parseFacts(DEBIAN.replace('x86_64', 'riscv64')), {code: 'SERVER_UNSUPPORTED'});
  });
});

describe('the plan for a server', () => {
  it('with sudo and systemd makes accounts, a program of root and a unit', () => {
    const plan = planFor({});
    assert.equal(plan.user, 'sudo');
    assert.deepEqual(ids(plan), [
      ...[
        'user',
        'group',
        'member',
        'settings',
        'folders',
        'runtime',
        'program',
        'launcher',
        'current',
        'unit',
        'start',
      ],
    ]);
    assert.deepEqual(plan.installation, {httpPort: 80, httpsPort: 443, user: 'tako', group: 'tako-admin'});
    assert.equal(plan.versionFolder, '0.2.0-abcdef012345');
    assert.match(plan.variables.service ?? '', /^ExecStart=\/opt\/tako\/bin\/tako-server hold$/m);
    assert.deepEqual(plan.remarks, []);
  });

  it('puts root into no group', () => {
    const plan = planFor({user: 'root', privilege: 'root'});
    assert.equal(plan.user, 'self');
    assert.ok(!ids(plan).includes('member'));
  });

  it('without systemd keeps it running by a script, and by cron after a boot', () => {
    assert.deepEqual(ids(planFor({hasSystemd: false})).slice(-3), ['script', 'boot', 'start']);
    const boot = planFor({hasSystemd: false, hasCron: false}).steps.find(({id}) => id === 'boot');
    assert.match(boot?.line ?? '', /by \/etc\/rc\.local/);
    const plan = planFor({hasSystemd: false, hasCron: false, privilege: 'none'});
    assert.deepEqual(ids(plan).slice(-2), ['script', 'start']);
    assert.match(plan.remarks.join(), /does not start by itself when the server boots/);
  });

  it('without root makes no accounts, and says what that means', () => {
    const plan = planFor({privilege: 'none', root: '/home/anna/.tako-server', hasUserSystemd: true});
    assert.deepEqual(ids(plan).slice(0, 2), ['settings', 'folders']);
    assert.deepEqual(plan.installation, {httpPort: 8080, httpsPort: 8443, user: null, group: null});
    assert.match(plan.remarks.join(), /same user/);
    assert.ok(plan.steps.some(({run}) => run.includes('systemctl --user')));
    assert.ok(!plan.steps.some(({run}) => run.includes('chown')));
  });

  it('without root takes the next ports that are free, or the usual ones where everybody may have them', () => {
    const withoutRoot = {privilege: 'none', listening: new Set([8080, 8081])} as const;
    assert.equal(planFor(withoutRoot).installation.httpPort, 8082);
    assert.equal(planFor({...withoutRoot, firstFreePort: 80}).installation.httpPort, 80);
    assert.throws(() => planFor(withoutRoot, {httpPort: 81}), {code: 'PORTS_DENIED'});
  });

  it('only looks at what root has installed where the user may control it, and says what makes one who may', () => {
    const settings = {httpPort: 80, httpsPort: 443, user: 'tako', group: 'tako-admin'};
    const theirs = {privilege: 'none', settings, listening: new Set([80, 443])} as const;
    const plan = planFor({...theirs, groups: ['anna', 'tako-admin']});
    assert.deepEqual([plan.root, plan.steps, plan.installation], ['/opt/tako', [], settings]);
    const denied = (hint: RegExp) => (error: TakoError) =>
      error.code === 'SERVER_DENIED' && hint.test(error.hint ?? '');
    const debianTools = {tools: new Set(['tar', 'gzip', 'usermod'])};
    assert.throws(() => planFor({...theirs, ...debianTools}), denied(/"sudo usermod -aG tako-admin anna"/));
    assert.throws(() => planFor(theirs), denied(/"sudo addgroup anna tako-admin"/));
    const upgrade = {mayJoin: false};
    assert.throws(() => planFor({...theirs, groups: ['tako-admin']}, upgrade), denied(/connect as root or as a user/));
  });

  it('puts a user with sudo into the group, and says whose version gives way', () => {
    const program = {version: '0.3.0', protocol: 1, build: '0', node: '24.21.0'};
    const settings = {httpPort: 80, httpsPort: 443, user: 'tako', group: 'tako-admin'};
    const plan = planFor({privilege: 'sudo', settings, program});
    assert.ok(ids(plan).includes('member'));
    assert.deepEqual(plan.remarks, ['tako 0.3.0 is there, and 0.2.0 takes its place for all who use it']);
  });

  it('takes no port from somebody else, but those of an installation are its own', () => {
    assert.throws(() => planFor({listening: new Set([80, 443])}), {
      code: 'PORTS_TAKEN',
      message: 'ports 80 and 443 are in use on the server',
    });
    assert.equal(planFor({listening: new Set([80])}, {httpPort: 8080}).installation.httpPort, 8080);
    const settings = {httpPort: 80, httpsPort: 8443, user: 'tako', group: 'tako-admin'};
    const plan = planFor({listening: new Set([80, 8443]), settings});
    assert.deepEqual([plan.installation.httpPort, plan.installation.httpsPort], [80, 8443]);
  });

  it('says what the server lacks before anything is changed', () => {
    const musl = {...debian.platform, libc: 'musl'} as const;
    assert.throws(() => planFor({platform: musl}), {code: 'RUNTIME_UNSUPPORTED'});
    assert.throws(() => planFor({glibc: '2.17'}), {code: 'SERVER_UNSUPPORTED'});
    assert.throws(() => planFor({tools: new Set(['tar'])}), {code: 'SERVER_UNSUPPORTED'});
    assert.throws(() => planFor({freeBytes: 10_000_000}), {code: 'DISK_FULL'});
    assert.throws(() => planFor({isRootForeign: true}), {code: 'ROOT_TAKEN'});
  });

  it('speaks up when the clocks differ', () => {
    assert.match(planFor({}, {now: WISHES.now + 3_600_000}).remarks.join(), /clocks differ by 3600 s/);
  });

  it('gives its scripts a head that a shell reads as it was meant', () => {
    const plan = planFor({root: "/srv/it's here; $(rm -rf /)"});
    assert.match(renderHead(plan), /^root='\/srv\/it'\\''s here; \$\(rm -rf \/\)'$/m);
  });
});

describe('two installations on one machine', () => {
  const [usual, other] = [planFor({}), planFor({root: '/srv/tako'})];

  it('have users, groups, units and control groups of their own', () => {
    const {user, group} = other.installation;
    assert.match(`${user} ${group}`, /^tako-([0-9a-f]{6}) tako-admin-\1$/);
    const unitOf = ({steps}: InstallPlan) => steps.find(({id}) => id === 'unit')?.line;
    assert.match(unitOf(usual) ?? '', /\/tako\.service$/);
    assert.equal(unitOf(other), `write the systemd unit /etc/systemd/system/${user}.service`);
    assert.match(other.steps.find(({id}) => id === 'folders')?.run ?? '', new RegExp(`chown ${user}:${group} .*run`));
    assert.notEqual(installationNames('/srv/tako').unit, installationNames('/opt/tako').unit);
  });

  it('are removed one by one', () => {
    const run = planRemoval({...debian, root: '/srv/tako'}, {keepsData: false})
      .steps.map(step => step.run)
      .join('\n');
    assert.doesNotMatch(run, /remove_group tako-admin$|disable --now tako /m);
    assert.match(run, new RegExp(`disable --now ${other.installation.user} `));
  });
});

describe('the removal of a server', () => {
  it('deletes data only when it is not to be kept', () => {
    const lines = (keepsData: boolean) => planRemoval(debian, {keepsData}).steps.map(({line}) => line);
    assert.deepEqual(lines(false), [
      'stop the server and its apps',
      'delete the users of tako and of its apps, and the group tako-admin',
      'delete /opt/tako, with all apps and their data',
    ]);
    assert.deepEqual(lines(true).length, 2);
  });

  it("leaves the users of root's installation when it takes out one that a user has made without root", () => {
    const facts = parseFacts(`${DEBIAN}settings {"httpPort":8080,"httpsPort":8443,"user":null,"group":null}\n`);
    assert.equal(facts.settings?.user, null);
    const lines = planRemoval(facts, {keepsData: false}).steps.map(({line}) => line);
    assert.deepEqual(lines, ['stop the server and its apps', 'delete /opt/tako, with all apps and their data']);
  });
});

describe('who has a port', () => {
  it('is told from the tables of /proc', () => {
    const output = [
      'socket 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4242 1 0 100',
      'socket 00000000:0051 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4243 1 0 100',
      'socket 0100007F:0050 0100007F:9999 01 00000000:00000000 00:00000000 00000000 0 0 4244 1 0 100',
      'process 812',
      'holds 4242',
      'holds 4244',
      'process 813',
      'holds 4242',
      'name 812 nginx',
      'name 813 nginx: worker',
    ].join('\n');
    assert.deepEqual(describePortOwners(parsePortOwners(output, [80])), [
      'nginx (pid 812) has port 80',
      'nginx: worker (pid 813) has port 80',
    ]);
  });
});
