import assert from 'node:assert/strict';
import {afterEach, beforeAll, describe, it} from 'vitest';
import type {ServerInfo} from '../../src/control/server-methods.js';
import {eventually} from '../helpers/eventually.js';
import type {Example} from '../helpers/example.js';
import {isSoak} from '../helpers/soak.js';
import {requires} from '../helpers/system-parts.js';
import {DEPLOY_PARTS, greetingOf, openNotes, type Site, shareServers, statusOf, TIMEOUT_MS} from './deploy/site.js';

// A server whose first process is systemd, as most have it.

const SYSTEMD_PARTS = [...DEPLOY_PARTS, 'systemd'] as const;

type Kind = {readonly title: string; readonly address: string; readonly sudoUser: boolean; readonly systemctl: string};

/** Of the user's own, what systemd keeps while nobody is logged in: `loginctl enable-linger`. */
const USER_SYSTEMCTL =
  'setpriv --reuid deploy --regid deploy --init-groups env HOME=/home/deploy XDG_RUNTIME_DIR=/run/user/$(id -u deploy) systemctl --user';

const KINDS: readonly Kind[] = [
  {title: 'as a service of the system', address: 'deploy@one-deploy', sudoUser: true, systemctl: 'systemctl'},
  {
    title: 'as a service of a user without root',
    address: 'deploy@one-deploy',
    sudoUser: false,
    systemctl: USER_SYSTEMCTL,
  },
];

for (const {title, address, sudoUser, systemctl} of isSoak ? KINDS : KINDS.slice(0, 1)) {
  describe.skipIf(requires(...SYSTEMD_PARTS))(`tako on a server with systemd, ${title}`, {timeout: TIMEOUT_MS}, () => {
    const site = shareServers([{name: 'one', sudoUser, init: 'systemd'}]);
    const tako = (...args: string[]) => site().laptop.tako(site().laptop.projects, ...args);
    const inside = async (command: string): Promise<string> => (await site().vps.run(command)).stdout;
    const serviceOf = async (): Promise<Record<string, string>> =>
      Object.fromEntries(
        (await inside(`${systemctl} show tako -p ActiveState,UnitFileState,MainPID,NRestarts,ControlGroup`))
          .trim()
          .split('\n')
          .map(line => line.split('=')),
      );
    const infoOf = async (): Promise<ServerInfo> =>
      JSON.parse((await tako('servers', 'status', '--json')).stdout).servers[0].info;
    const add = ['servers', 'add', address, '--name', 'one', '--yes'] as const;
    let notes: Example;
    let before = '';
    beforeAll(async () => {
      if (!sudoUser) await allowPorts(site());
      before = await inside(UNITS);
      notes = await openNotes(site(), 'notes');
    }, TIMEOUT_MS);
    afterEach(async context => {
      if (context.task.result?.state === 'fail') console.error(await inside('journalctl --no-pager -n 40'));
    });

    it('is added, runs in a unit and serves what is deployed', async () => {
      const {stderr} = await tako(...add);
      assert.match(stderr, /write the systemd unit/);
      assert.match((await tako(...add)).stderr, /everything is in its place/);
      await site().laptop.tako(notes.folder, 'deploy');
      const {pid} = await greetingOf(site().vps, 'notes');
      const service = await serviceOf();
      assert.deepEqual([service.ActiveState, service.UnitFileState, service.NRestarts], ['active', 'enabled', '0']);
      assert.match(await inside(`cat /proc/${pid}/cgroup`), /tako\.service/, 'the app is in the group of the unit');
      const {limitsBy, isIsolated} = await infoOf();
      assert.deepEqual([limitsBy, isIsolated], [sudoUser ? 'cgroup-v1' : null, sudoUser]);
    });

    it('is reloaded and upgraded in the process that systemd knows', async () => {
      const {laptop, vps} = site();
      const app = await greetingOf(vps, 'notes');
      const service = await serviceOf();
      await tako('servers', 'reload');
      laptop.useVersion('97.0.0');
      assert.match((await tako('servers', 'upgrade', '--yes')).stderr, /one runs tako 97\.0\.0/);
      assert.deepEqual(await serviceOf(), service);
      assert.deepEqual(await greetingOf(vps, 'notes'), app);
    });

    it('is started again when its holder is killed', async () => {
      const {vps} = site();
      const {MainPID: killed} = await serviceOf();
      await vps.kill(Number(killed));
      await eventually(async () => {
        const {ActiveState, MainPID} = await serviceOf();
        assert.equal(ActiveState, 'active');
        assert.notEqual(MainPID, killed);
      });
      await eventually(() => greetingOf(vps, 'notes'));
      assert.equal((await statusOf(site(), notes)).instances.length, 1);
    });

    it('is there again after a loss of power', async () => {
      const {vps} = site();
      await vps.powerLoss();
      await vps.boot();
      await eventually(() => greetingOf(vps, 'notes'));
      assert.equal((await serviceOf()).ActiveState, 'active');
    });

    it('ends with its apps when the unit is stopped, and begins with them when that is started', async () => {
      const {vps} = site();
      await inside(`${systemctl} stop tako`);
      assert.equal((await inside('ps -eo args= | grep "[s]erver.mjs"')).trim(), '');
      await inside(`${systemctl} start tako`);
      await eventually(() => greetingOf(vps, 'notes'));
    });

    it('leaves no unit behind', async () => {
      await tako('servers', 'remove', 'one', '--yes');
      assert.equal(await inside(UNITS), before);
      assert.equal((await inside('ps -eo args= | grep "[s]erver.mjs"')).trim(), '');
    });
  });
}

const UNITS = `ls -A /etc/systemd/system /etc/systemd/system/multi-user.target.wants /home/deploy/.config/systemd/user \
  /opt 2> /dev/null; systemctl list-units --no-legend --plain --state=failed`;

/** What root does for the user: the ports of the web are anybody's, and services go on without a login. */
async function allowPorts({vps}: Site): Promise<void> {
  const {exitCode, stderr} = await vps.run(
    `echo net.ipv4.ip_unprivileged_port_start=80 >/etc/sysctl.d/50-web.conf && /lib/systemd/systemd-sysctl &&
      loginctl enable-linger deploy`,
  );
  assert.equal(exitCode, 0, stderr);
  await eventually(async () => assert.equal((await vps.run(`${USER_SYSTEMCTL} is-active default.target`)).exitCode, 0));
}
