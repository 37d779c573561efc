import assert from 'node:assert/strict';
import {afterAll, afterEach, beforeAll, describe, it} from 'vitest';
import type {CommandResult} from '../../src/system/exec.js';
import {eventually} from '../helpers/eventually.js';
import {requires} from '../helpers/system-parts.js';
import {copyTako, TAKO, TAKO_FOLDER} from '../helpers/vps/copy-tako.js';
import {startVps, VPS_PARTS, type Vps} from '../helpers/vps/vps.js';

// A computer of several people whose first process is systemd: it listens on the ports, for the daemon of one of them.

const PARTS = [...VPS_PARTS, 'systemd', 'sudo', 'runuser', 'curl'] as const;
const TIMEOUT_MS = 120_000;
const HOME = '/home/deploy';
const AUTHORITY = `${HOME}/.local/share/tako/ca/ca.crt`;
const LOG = `${HOME}/.local/share/tako/daemon.log`;

const SERVER = `require('node:http').createServer((request, response) => {
  const sockets = require('node:fs').readdirSync('/proc/self/fd');
  response.end(JSON.stringify({pid: process.pid, listens: process.env.LISTEN_FDS ?? null, sockets: sockets.length}));
}).listen(Number(process.env.PORT), '127.0.0.1');`;

describe.skipIf(requires(...PARTS))('a computer of several people with systemd', {timeout: TIMEOUT_MS}, () => {
  let vps: Vps;
  let before = '';

  const inside = async (command: string): Promise<string> => {
    const {exitCode, stdout, stderr} = await vps.run(command);
    assert.equal(exitCode, 0, `${command}: ${stdout}${stderr}`);
    return stdout.trim();
  };
  /** As the user, in the folder of the app; nothing of it stays but what it leaves behind on purpose. */
  const tako = (...args: readonly string[]): Promise<CommandResult> =>
    vps.run(
      `cd ${HOME}/hello && runuser -u deploy -- env -i HOME=${HOME} USER=deploy LANG=C.UTF-8 \
        PATH=${TAKO_FOLDER}:/usr/bin:/bin:/usr/sbin:/sbin ${TAKO} ${args.join(' ')}`,
    );
  const must = async (...args: readonly string[]): Promise<string> => {
    const {exitCode, stdout, stderr} = await tako(...args);
    assert.equal(exitCode, 0, `${args.join(' ')}: ${stdout}${stderr}`);
    return stdout + stderr;
  };
  const curl = (url: string, ...args: readonly string[]): Promise<CommandResult> =>
    vps.run(`curl -sS --cacert ${AUTHORITY} ${args.join(' ')} ${url}`);
  const visit = async (...args: readonly string[]): Promise<{pid: number; listens: string | null; sockets: number}> => {
    const {stdout, stderr} = await curl('https://hello.localhost/', ...args);
    assert.match(stdout, /^\{/, stdout + stderr);
    return JSON.parse(stdout);
  };
  const show = async (unit: string, key: string): Promise<string> => inside(`systemctl show ${unit} -p ${key} --value`);
  const daemonPid = async (): Promise<number> => {
    const pid = Number(await show('tako-dev.service', 'MainPID'));
    assert.ok(pid > 0, 'the daemon runs');
    return pid;
  };
  const snapshot = (): Promise<string> =>
    inside(
      `find /etc -not -path '/etc/ssl/certs/java/*' \\( -type f -exec sha256sum {} + -o -printf '%y %m %u %p %l\\n' \\) | sort;
        systemctl list-units --all --plain --no-legend 'tako*'`,
    );

  beforeAll(async () => {
    vps = await startVps({name: 'desk', init: 'systemd', sudoUser: true});
    copyTako(vps);
    await inside(`useradd --create-home --shell /bin/bash grace
      sed -i 's/^/# /' /etc/ca-certificates.conf; rm -f /etc/ca-certificates/update.d/jks-keystore; update-ca-certificates --fresh
      mkdir ${HOME}/hello
      printf '%s' '${SERVER.replaceAll("'", `'\\''`)}' >${HOME}/hello/server.cjs
      printf '%s\\n' 'name = "hello"' 'dev = ["node", "server.cjs"]' >${HOME}/hello/tako.toml
      chown -R deploy: ${HOME}/hello
      until systemctl is-system-running | grep -Eq 'running|degraded'; do sleep 0.1; done`);
    before = await snapshot();
  }, TIMEOUT_MS);
  afterEach(async context => {
    if (context.task.result?.state === 'fail') {
      console.error((await vps.run(`journalctl --no-pager -n 60; cat ${LOG}; systemctl status 'tako*'`)).stdout);
    }
  });
  afterAll(() => vps?.close());

  it('shows what it would write, and changes nothing', async () => {
    const plan = await must('setup', '--dry-run');
    assert.match(plan, /have systemd listen on ports 443 and 80 for your daemon/);
    assert.match(plan, /\+ ListenStream=\[::1\]:443/);
    assert.match(plan, /\$ sudo -- systemctl enable --now tako-dev-https\.socket tako-dev-http\.socket/);
    assert.equal(await snapshot(), before);
  });

  it('hands the ports to the daemon, which is started by who asks, as its user', async () => {
    await must('ensure');
    await must('setup', '--yes');
    assert.equal(await inside('cat /proc/sys/net/ipv4/ip_unprivileged_port_start'), '1024');
    assert.match(await must('ensure'), /hello {2}ready {2}https:\/\/hello\.test {2}/);
    const pid = await daemonPid();
    assert.match(await inside(`ps -o user= -p ${pid}`), /^deploy$/);
    assert.match(await inside(`cat /proc/${pid}/status`), /^CapEff:\s+0+$/m);
    for (const family of ['-4', '-6']) assert.ok((await visit(family)).pid > 0);
    const {stdout} = await curl('http://hello.localhost/a?b', '-o /dev/null', "-w '%{http_code} %{redirect_url}'");
    assert.equal(stdout, '308 https://hello.localhost/a?b');
    const {stdout: status} = await tako('status');
    assert.match(status, new RegExp(`pid ${pid}: https 443, http 80,`));
  });

  it('gives the app nothing of the sockets', async () => {
    const {listens, sockets} = await visit();
    assert.equal(listens, null);
    // Three streams, its own socket and connection, and a handful of node's own.
    const {pid} = await visit();
    const links = await inside(`readlink /proc/${pid}/fd/*`);
    const inodes = await inside(
      `awk '$2 ~ /:01BB$|:0050$/ && $4 == "0A" { print "socket:[" $10 "]" }' /proc/net/tcp /proc/net/tcp6`,
    );
    assert.equal(inodes.split('\n').length, 4, inodes);
    for (const inode of inodes.split('\n')) assert.ok(!links.includes(inode), `${inode} is open in the app`);
    assert.ok(sockets > 0);
  });

  it('has nothing left to do', async () => {
    assert.match(await must('setup', '--dry-run'), /set up already/);
  });

  it('answers the next request when the daemon was killed', async () => {
    const [killed, {pid: app}] = [await daemonPid(), await visit()];
    await vps.kill(killed);
    const {pid} = await visit();
    assert.notEqual(pid, app, 'its apps went with it');
    assert.notEqual(await daemonPid(), killed);
    assert.equal(await show('tako-dev-https.socket', 'ActiveState'), 'active');
  });

  it('answers however often it is killed, and at port 80 too', async () => {
    for (let round = 0; round < 6; round++) {
      await vps.kill(await daemonPid());
      const {stdout, stderr} = await curl('http://hello.localhost/', '-o /dev/null', "-w '%{http_code}'");
      assert.equal(stdout, '308', stderr);
    }
    assert.ok((await visit()).pid > 0);
  });

  it('is started by a command through systemd, never beside it', async () => {
    await vps.kill(await daemonPid());
    await must('ensure');
    const pid = await daemonPid();
    const {stdout} = await tako('status', '--json');
    assert.equal(JSON.parse(stdout).daemon.pid, pid);
    assert.equal(await inside("ps -eo args= | grep -c '[d]ist/cli.js daemon'"), '1');
  });

  it('says why the daemon does not start, and goes on when the reason is gone', async () => {
    await must('stop', '--all');
    await inside(`mkdir -p ${HOME}/.config/tako && echo 'port = "many"' >${HOME}/.config/tako/settings.toml`);
    // Refused, not left waiting.
    assert.notEqual((await curl('https://hello.localhost/', '--max-time 20')).exitCode, 28);
    const failed = await tako('ensure');
    assert.equal(failed.exitCode, 1);
    assert.match(failed.stderr, /settings\.toml/);
    assert.equal(await show('tako-dev-https.socket', 'ActiveState'), 'active');
    await inside(`rm ${HOME}/.config/tako/settings.toml`);
    await must('ensure');
    assert.ok((await visit()).pid > 0);
  });

  it('tells another person whose the ports are', async () => {
    const {stdout, stderr} = await vps.run(
      `cd /home/grace && runuser -u grace -- env -i HOME=/home/grace PATH=/usr/bin:/bin:/usr/sbin ${TAKO} setup --dry-run`,
    );
    assert.match(stdout + stderr, /^ports 443 and 80 of this machine: deploy has them for their own tako/m);
  });

  it('serves the app after a restart of the machine, before anybody has logged in', async () => {
    await vps.powerLoss();
    await vps.boot();
    await eventually(async () => assert.equal(await show('tako-dev-https.socket', 'ActiveState'), 'active'));
    assert.ok((await visit()).pid > 0);
  });

  it('says so when systemd does not listen, and who does', async () => {
    await inside('systemctl stop tako-dev-https.socket tako-dev-http.socket tako-dev.service');
    const idle = await tako('ensure');
    assert.equal(idle.exitCode, 1);
    assert.match(
      idle.stderr,
      /systemd is to start the daemon, and does not listen: tako-dev-https\.socket \[DAEMON_NOT_/,
    );
    const listen = `require('node:net').createServer().listen(443, '127.0.0.1')`;
    await inside(
      `systemd-run --unit other ${TAKO_FOLDER}/node -e "${listen}"; until curl -sk https://127.0.0.1/ -m 1; [ $? = 28 ]; do sleep 0.1; done`,
    );
    const taken = await tako('ensure');
    assert.equal(taken.exitCode, 1);
    assert.match(taken.stderr, /port 443 is in use by a program of root \[PORT_IN_USE\]/);
    await inside('systemctl stop other');
    await must('setup', '--yes');
    await must('ensure');
  });

  it('has every byte back after the undo, and the daemon goes on without them', async () => {
    await must('setup', '--undo', '--yes');
    assert.equal(await snapshot(), before);
    const {stdout} = await curl('https://hello.localhost:47831/');
    assert.match(stdout, /^\{"pid"/);
    await must('stop', '--all');
  });
});
