import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {requires} from '../helpers/system-parts.js';
import {findCgroupVersion} from '../helpers/vps/cgroups.js';
import {createDeployer, type Deployer} from '../helpers/vps/deployer.js';
import {pidOf} from '../helpers/vps/pid-of.js';
import {startVps, VPS_PARTS, type Vps} from '../helpers/vps/vps.js';

// What an app on a server may not do, tried by one. Each is tried by the app itself, which a request tells what to try.

const INSTALL_TIMEOUT_MS = 300_000;
const TIMEOUT_MS = 60_000;
const FIXTURE = path.resolve(import.meta.dirname, '../fixtures/apps/intruder.mjs');
const SHOP = 'shop.example.com';
const INTRUDER = 'intruder.example.com';
const ROOT = '/opt/tako';
const MEMORY_MIB = 128;
const PROCESSES = 40;
const OPEN_FILES = 128;
const LIMITS = `limits = {memory = "${MEMORY_MIB}M", processes = ${PROCESSES}, open_files = ${OPEN_FILES}}`;

const configOf = (name: string, host: string, limits: string): string => `name = "${name}"
start = ["node", "server.mjs"]
stability = 0
${limits}

[vars]
SECRET = "of ${name}"

[envs.production]
route = "${host}"
servers = ["one"]
`;

const areMissing = requires(...VPS_PARTS);
/** Of the control groups that a machine has here, for the names of the tests. */
const limitsBy = areMissing ? 'none' : findCgroupVersion();

describe.skipIf(areMissing)('an app on a server', {timeout: TIMEOUT_MS}, () => {
  let vps: Vps;
  let deployer: Deployer;

  beforeAll(async () => {
    vps = await startVps({name: 'one'});
    deployer = createDeployer(vps);
    await succeed(deployer.project({}), 'servers', 'add', 'root@one', '--yes');
    await deploy('shop', SHOP, '');
    await deploy('intruder', INTRUDER, LIMITS);
    await inside(`echo secret >${ROOT}/apps/shop/production/data/secret`);
  }, INSTALL_TIMEOUT_MS);

  afterAll(async () => {
    deployer?.close();
    await vps?.close();
  }, INSTALL_TIMEOUT_MS);

  const succeed = async (project: string, ...args: string[]): Promise<string> =>
    (await deployer.succeed(project, ...args)).output;

  const deploy = (name: string, host: string, limits: string): Promise<string> =>
    succeed(
      deployer.project({
        'tako.toml': configOf(name, host, limits),
        'package.json': `{"name": "${name}", "type": "module", "private": true}\n`,
        'server.mjs': readFileSync(FIXTURE),
      }),
      'deploy',
      '--yes',
    );

  async function inside(command: string): Promise<string> {
    const {exitCode, stdout, stderr} = await vps.run(command);
    assert.equal(exitCode, 0, `${command}: ${stderr}`);
    return stdout;
  }

  const curl = (host: string, more = ''): Promise<{stdout: string}> =>
    vps.run(`curl -sk --max-time 30 --resolve ${host}:443:127.0.0.1 ${more} https://${host}/`);

  /** What came of it, in the intruder's words. */
  async function attempt(what: string, at: string | number): Promise<string> {
    return (await curl(INTRUDER, `--data '${JSON.stringify({what, at})}'`)).stdout;
  }

  const answers = async (host: string): Promise<void> => assert.equal((await curl(host)).stdout, 'ok');

  /** The process of an app that its user owns. */
  async function appPid(app: string): Promise<number> {
    const folder = `${ROOT}/apps/${app}/production/data`;
    const pids = await inside(`find /proc -maxdepth 1 -name '[0-9]*' -user "$(stat -c %U ${folder})" -printf '%f\\n'`);
    return Number(pids.split('\n')[0]);
  }

  const treeOf = (app: string): Promise<string> => inside(`ls -d ${ROOT}/apps/${app}/production/releases/*/tree`);

  it('can do what the others are refused, where it may', async () => {
    const own = `${ROOT}/apps/intruder/production/data/own`;
    for (const [what, at] of [
      ['write', own],
      ['read', own],
      ['read', `${await treeOf('intruder')}/server.mjs`],
      ['listen', 0],
      ['openFiles', 16],
      ['processes', 4],
      ['memory', 8 * 1024 ** 2],
    ] as const) {
      assert.equal(await attempt(what, at), 'done', `${what} ${at}`);
    }
  });

  for (const folder of ['state', 'holder', 'manifests', 'objects', 'run', 'logs']) {
    it(`cannot look into ${folder}`, async () => {
      await inside(`test -d ${ROOT}/${folder}`);
      assert.equal(await attempt('list', `${ROOT}/${folder}`), 'EACCES');
    });
  }

  it('cannot read the database, a private key, a manifest or an object whose name it knows', async () => {
    await inside(`curl -sk --resolve ${SHOP}:443:127.0.0.1 https://${SHOP}/`);
    const files = [
      `${ROOT}/state/server.sqlite`,
      `${ROOT}/holder/users.json`,
      await inside(`find ${ROOT}/state -name privkey.pem | head -1`),
      await inside(`find ${ROOT}/manifests -type f | head -1`),
      await inside(`find ${ROOT}/objects -type f | head -1`),
    ];
    for (const file of files) {
      assert.notEqual(file, '');
      assert.equal(await attempt('read', file), 'EACCES', file);
    }
  });

  it('cannot connect to the control socket, nor to what it points at', async () => {
    const socket = `${ROOT}/run/control.sock`;
    const target = await inside(`readlink -f ${socket}`);
    await inside(`test -S ${target}`);
    for (const at of [socket, target]) assert.equal(await attempt('connect', at), 'EACCES');
  });

  it("cannot read another app's release, its data or its log", async () => {
    const tree = await treeOf('shop');
    await inside(`test -f ${tree}/server.mjs`);
    assert.equal(await attempt('list', tree), 'EACCES');
    assert.equal(await attempt('read', `${tree}/server.mjs`), 'EACCES');
    assert.equal(await attempt('list', `${ROOT}/apps/shop/production/data`), 'EACCES');
    assert.equal(await attempt('read', `${ROOT}/apps/shop/production/data/secret`), 'EACCES');
    assert.equal(await attempt('list', `${ROOT}/logs/shop/production`), 'EACCES');
  });

  it("cannot read the environment, memory or files of another app's process, of the server or of the holder", async () => {
    const pids = [await appPid('shop'), await pidOf(vps, 'serve'), await pidOf(vps, 'hold')];
    for (const pid of pids) {
      for (const entry of ['environ', 'mem', 'root/etc/passwd', 'fd/0']) {
        assert.equal(await attempt('read', `/proc/${pid}/${entry}`), 'EACCES', `/proc/${pid}/${entry}`);
      }
    }
  });

  it('cannot signal another app, the server or the holder, nor become one of them', async () => {
    const pids = [await appPid('shop'), await pidOf(vps, 'serve'), await pidOf(vps, 'hold')];
    for (const pid of pids) {
      assert.equal(await attempt('signal', pid), 'EPERM');
      const uid = Number(await inside(`stat -c %u /proc/${pid}`));
      assert.equal(await attempt('become', uid), 'EPERM');
    }
    await answers(SHOP);
    const after = [await appPid('shop'), await pidOf(vps, 'serve'), await pidOf(vps, 'hold')];
    assert.deepEqual(after, pids);
  });

  it('cannot change its own release, nor a program of the server', async () => {
    const tree = await treeOf('intruder');
    const [program, runtime] = [
      await inside(`readlink -f ${ROOT}/bin/tako-server`),
      await inside(`find ${ROOT}/runtimes -name node -type f | head -1`),
    ];
    const before = await inside(`sha256sum ${tree}/server.mjs ${program} ${runtime}`);
    for (const at of [`${tree}/server.mjs`, `${tree}/new.mjs`, program, runtime]) {
      assert.equal(await attempt('write', at), 'EACCES', at);
    }
    for (const at of [`${tree}/server.mjs`, path.dirname(tree), program]) {
      assert.equal(await attempt('remove', at), 'EACCES', at);
    }
    assert.equal(await inside(`sha256sum ${tree}/server.mjs ${program} ${runtime}`), before);
  });

  it('cannot listen on port 443, 80 or 22', async () => {
    for (const port of [443, 80, 22]) assert.equal(await attempt('listen', port), 'EACCES');
  });

  it(`cannot open more than its ${OPEN_FILES} files`, async () => {
    assert.equal(await attempt('openFiles', OPEN_FILES), 'EMFILE');
    await answers(INTRUDER);
  });

  it.skipIf(limitsBy === 'none')(
    `cannot have more than its ${PROCESSES} processes, by cgroup ${limitsBy}`,
    async () => {
      await assertLimitsBy();
      assert.equal(await attempt('processes', PROCESSES), 'EAGAIN');
      await answers(INTRUDER);
    },
  );

  it.skipIf(limitsBy === 'none')(
    `cannot leave its control group, nor raise its limits, by cgroup ${limitsBy}`,
    async () => {
      const files = await inside(
        `find /sys/fs/cgroup -name cgroup.procs -o -name pids.max -o -name memory.max -o -name memory.limit_in_bytes`,
      );
      assert.notEqual(files, '');
      for (const file of files.split('\n')) assert.equal(await attempt('write', file), 'EACCES', file);
    },
  );

  it.skipIf(limitsBy === 'none')(
    `cannot use more than its ${MEMORY_MIB} MiB of memory, by cgroup ${limitsBy}: it is ended, and started again`,
    async () => {
      await assertLimitsBy();
      const before = await appPid('intruder');
      assert.notEqual(await attempt('memory', 2 * MEMORY_MIB * 1024 ** 2), 'done');
      await answers(INTRUDER);
      assert.notEqual(await appPid('intruder'), before);
      const project = deployer.project({'tako.toml': configOf('intruder', INTRUDER, LIMITS)});
      const log = await succeed(project, 'logs', '--env', 'production');
      assert.match(log, new RegExp(`more than its ${MEMORY_MIB} MiB of memory`));
      await answers(SHOP);
    },
  );

  async function assertLimitsBy(): Promise<void> {
    assert.equal(vps.cgroups, limitsBy);
    assert.match(await succeed(deployer.project({}), 'servers', 'status', '--json'), new RegExp(`cgroup-${limitsBy}`));
  }
});
