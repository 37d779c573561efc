import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {afterAll, beforeAll, describe, it} from 'vitest';
import type {Problem} from '../../src/control/events.js';
import {eventually} from '../helpers/eventually.js';
import {isSoak} from '../helpers/soak.js';
import {requires} from '../helpers/system-parts.js';
import {BROKEN, type Broken, projectOf, SHOP_HOST, serverOf} from '../helpers/vps/broken-releases.js';
import {findCgroupVersion} from '../helpers/vps/cgroups.js';
import {type Command, createDeployer, type Deployer, type Ended, problemOf} from '../helpers/vps/deployer.js';
import {killSsh} from '../helpers/vps/kill-ssh.js';
import {pidOf} from '../helpers/vps/pid-of.js';
import {remainsOf} from '../helpers/vps/remains.js';
import {startVisitor, type Visitor} from '../helpers/vps/visitor.js';
import {startVps, VPS_PARTS, type Vps} from '../helpers/vps/vps.js';
import type {Files} from '../helpers/vps/workplace.js';

// A deploy that does not succeed, in every way that is known of. Of each the same is asked: no request to the release before
// fails, the error says what it was and what to do, and nothing is left behind.

const PINNED_HOST = 'pinned.example.com';
const MIB = 1024 ** 2;
/** Of the server. */
const DISK_BYTES = 1024 ** 3;
const FILLER = '/var/filler';
/** Leaves so many MiB of it free. */
const fillTo = (mebibytes: number): string =>
  `head -c $(($(df --output=avail -B1 /opt | tail -n 1) - ${mebibytes * MIB})) /dev/zero >${FILLER}`;
const INSTALL_TIMEOUT_MS = 300_000;
/** Too long for a sample. */
const soakIt = it.skipIf(!isSoak);
/** Against hanging: a deploy takes a few seconds on a machine that does nothing else. */
const TIMEOUT_MS = 180_000;

const areMissing = requires(...VPS_PARTS);
/** What limits its apps, for the names of the tests. */
const limitsBy = areMissing ? 'none' : findCgroupVersion();

describe.skipIf(areMissing)('a deploy that fails', {timeout: TIMEOUT_MS}, () => {
  let vps: Vps;
  let deployer: Deployer;
  let visitor: Visitor;
  /** What answers now. */
  let serving = 'first';

  beforeAll(async () => {
    vps = await startVps({name: 'one', diskBytes: DISK_BYTES});
    deployer = createDeployer(vps);
    await succeed(deployer.project({}), 'servers', 'add', 'root@one', '--yes');
    await deploy(projectOf({server: serverOf('first')}));
    await deploy(projectOf({name: 'pinned', host: PINNED_HOST, keys: ['port = 4200'], server: serverOf('pinned')}));
    visitor = await startVisitor(vps, [SHOP_HOST, PINNED_HOST]);
  }, INSTALL_TIMEOUT_MS);

  afterAll(async () => {
    await visitor?.close();
    deployer?.close();
    await vps?.close();
  }, INSTALL_TIMEOUT_MS);

  const succeed: Deployer['succeed'] = (...args) => deployer.succeed(...args);
  const deploy = (files: Files): Promise<Ended> => succeed(deployer.project(files), 'deploy', '--yes', '--json');
  const start = (files: Files, environment?: NodeJS.ProcessEnv): Command =>
    deployer.start(deployer.project(files), ['deploy', '--yes', '--json'], environment);

  async function answer(): Promise<string> {
    const {stdout} = await vps.run(`curl -sk --resolve ${SHOP_HOST}:443:127.0.0.1 https://${SHOP_HOST}/`);
    return stdout;
  }

  /** Not one visitor sees anything of it, nothing is left behind, and the same processes serve. */
  async function undisturbed(
    disturb: () => Promise<unknown>,
    comparable: (line: string) => string | readonly string[] = line => line,
  ): Promise<void> {
    const before = await remainsOf(vps);
    const visits = await visitor.report();
    await disturb();
    assert.equal(await answer(), `ok ${serving}`);
    const after = await visitor.report();
    assert.deepEqual(after.failures.slice(visits.failures.length), []);
    assert.equal(after.failed, visits.failed);
    assert.ok(after.right > visits.right, 'nobody came to see it');
    const compare = async (): Promise<void> =>
      assert.deepEqual((await remainsOf(vps)).flatMap(comparable), before.flatMap(comparable));
    await eventually(compare, {everyMs: 200});
    assert.deepEqual(deployer.leftovers(), []);
    const {output} = await succeed(deployer.project(projectOf({})), 'status', '--env', 'production', '--json');
    assert.match(output, /"job":null/);
    assert.match(output, /"state":"running"/);
  }

  /** As `undisturbed`, where other processes serve afterwards, as many of them; the release before them stays on the disk. */
  const replaced = (disturb: () => Promise<unknown>): Promise<void> =>
    undisturbed(disturb, line => (line.startsWith('release') ? [] : line.replace(/^(process|group) .*/, '$1')));

  /** Leaves so many bytes of the disk free, while the work goes on. */
  async function withFullDisk(fill: string, work: () => Promise<unknown>): Promise<void> {
    try {
      if (fill !== '') await vps.run(fill);
      await work();
    } finally {
      await vps.run(`rm -f ${FILLER} /opt/tako/apps/shop/production/data/filler`);
    }
  }

  for (const broken of BROKEN) {
    const isTried = (broken.isSampled || isSoak) && !(broken.needsCgroups && limitsBy === 'none');
    const by = broken.needsCgroups ? `, by cgroup ${limitsBy}` : '';
    it.runIf(isTried)(`leaves the release before serving when the new one ${broken.title}${by}`, () =>
      undisturbed(async () => assertProblem(problemOf(await start(projectOf(broken)).ended), broken)),
    );
  }

  soakIt('tells people what it tells programs', () =>
    undisturbed(async () => {
      const exits = BROKEN.find(({title}) => title === 'exits') ?? assert.fail();
      const {code, output} = await deployer.run(deployer.project(projectOf(exits)), 'deploy', '--yes');
      assert.equal(code, 1);
      assert.match(output, /failed at start\n/);
      assert.match(output, /^error: .*exited with code 3.* \[APP_EXITED_EARLY\]$/m);
      assert.match(output, /^ {2}no database at db\.internal$/m);
    }),
  );

  soakIt('has requests wait where the new one wants the port of the one before, which gets it back', () =>
    replaced(async () => {
      const server = `console.error('no database'); process.exit(4);`;
      const project = projectOf({name: 'pinned', host: PINNED_HOST, keys: ['port = 4200'], server});
      const {code, message} = problemOf(await start(project).ended);
      assert.equal(code, 'APP_EXITED_EARLY');
      assert.match(message, /exited with code 4/);
    }),
  );

  soakIt('is refused before it is built where another app has its route', () =>
    undisturbed(async () => {
      const project = projectOf({name: 'thief', keys: ['build = {run = "exit 1"}']});
      const {code, message, details, hint} = problemOf(await start(project).ended);
      assert.equal(code, 'ROUTE_CONFLICT');
      assert.match([message, ...details].join('\n'), /shop\.example\.com.*shop/);
      assert.ok(hint);
    }),
  );

  soakIt('is refused before it is built where the clocks are apart', () =>
    undisturbed(async () => {
      const late = 'data:text/javascript,const now = Date.now; Date.now = () => now() - 660_000';
      const project = projectOf({keys: ['build = {run = "exit 1"}']});
      const environment = {NODE_OPTIONS: `--import="${late}"`};
      const {code, message, hint} = problemOf(await start(project, environment).ended);
      assert.equal(code, 'CLOCK_SKEWED');
      assert.match(message, /clocks of one and of this machine are 11 minutes apart/);
      assert.match(hint ?? '', /timedatectl/);
    }),
  );

  soakIt('is refused before it is built where the disk is full', () =>
    undisturbed(() =>
      withFullDisk(fillTo(100), async () => {
        const project = projectOf({keys: ['build = {run = "exit 1"}']});
        const {code, message, hint} = problemOf(await start(project).ended);
        assert.equal(code, 'DISK_FULL');
        assert.match(message, /100 MiB free/);
        assert.match(hint ?? '', /space|room/);
      }),
    ),
  );

  it('takes its files away again where the disk fills up during the upload', () =>
    undisturbed(() =>
      withFullDisk('', async () => {
        const files = {'large.bin': randomBytes(24 * MIB), 'fill.sh': `ssh one '${fillTo(8)}'\n`};
        const {code, message, hint} = problemOf(
          await start(projectOf({keys: ['build = {run = "sh fill.sh"}'], files})).ended,
        );
        assert.equal(code, 'DISK_FULL');
        assert.match(message, /the disk is full/);
        assert.match(hint ?? '', /make room/);
      }),
    ));

  soakIt('ends where the disk fills up in the middle of the rollout, and can be done again', () =>
    undisturbed(() =>
      withFullDisk('', async () => {
        const fill = `release = 'cat /dev/zero >"$TAKO_DATA_DIR/filler" || true'`;
        const {code, message, hint} = problemOf(await start(projectOf({keys: [fill]})).ended);
        assert.equal(code, 'DISK_FULL', message);
        assert.match(hint ?? '', /make room/);
      }),
    ),
  );

  /** Long enough in every step for something to happen in it. */
  const slow = (version: string): Files =>
    projectOf({
      keys: [`release = 'echo ${version} >>"$TAKO_DATA_DIR/released"; sleep 1'`, 'stability = "1s"'],
      server: `import {setTimeout as delay} from 'node:timers/promises';\nawait delay(500);\n${serverOf(version)}`,
      files: {'large.bin': randomBytes(24 * MIB)},
    });

  /** How often the release command of a version has run. */
  async function countReleased(version: string): Promise<number> {
    const {stdout} = await vps.run(`grep -c '^${version}$' /opt/tako/apps/shop/production/data/released`);
    return Number(stdout);
  }

  const CUTS = isSoak
    ? (['upload', 'prepare', 'release-command', 'start', 'health', 'switch', 'drain', 'finalize'] as const)
    : (['release-command'] as const);

  const untilStep = async (command: Command, step: (typeof CUTS)[number]): Promise<unknown> =>
    command.until(line =>
      step === 'upload' ? line.type === 'upload' : line.type === 'job-started' && line.step === step,
    );

  for (const step of CUTS) {
    it(`goes on where ssh is killed at ${step === 'upload' ? 'the upload' : `the step ${step}`}`, () =>
      replaced(async () => {
        const version = `killed-at-${step}`;
        const command = start(slow(version));
        await untilStep(command, step);
        killSsh(command.child.pid ?? 0);
        const {code, output} = await command.ended;
        assert.equal(code, 0, output);
        assert.equal(await countReleased(version), 1);
        serving = version;
      }));
  }

  soakIt('ends with an error where the network is cut during the upload, and goes on when it is there again', () =>
    replaced(async () => {
      const project = deployer.project(slow('uploaded'));
      const command = deployer.start(project, ['deploy', '--yes', '--json']);
      await command.until(({type}) => type === 'upload');
      await vps.cutNetwork();
      const ended = await command.ended.finally(() => vps.restoreNetwork());
      const {code, hint} = problemOf(ended);
      assert.match(code, /^(SSH_UNREACHABLE|SERVER_LOST|UPLOAD_CUT)$/);
      assert.ok(hint);
      assert.equal(await answer(), `ok ${serving}`);
      await eventually(() => succeed(project, 'deploy', '--yes', '--json'));
      serving = 'uploaded';
    }),
  );

  soakIt('goes on by itself where the network is cut during the rollout, and is found done', () =>
    replaced(async () => {
      const project = deployer.project(slow('alone'));
      const command = deployer.start(project, ['deploy', '--yes', '--json']);
      await untilStep(command, 'release-command');
      await vps.cutNetwork();
      await eventually(async () => assert.equal(await answer(), 'ok alone')).finally(() => vps.restoreNetwork());
      serving = 'alone';
      await command.ended;
      await eventually(() => succeed(project, 'deploy', '--yes', '--json'));
      assert.equal(await countReleased('alone'), 1, 'what had been done was done again');
    }),
  );

  soakIt('goes on by itself where the deployer is gone, and the next one attaches to it', () =>
    replaced(async () => {
      const project = deployer.project(slow('attached'));
      const command = deployer.start(project, ['deploy', '--yes', '--json']);
      await untilStep(command, 'release-command');
      command.child.kill('SIGKILL');
      const {output} = await succeed(project, 'deploy', '--yes', '--json');
      assert.match(output, /job-done/);
      assert.equal(await countReleased('attached'), 1, 'a second job was begun');
      serving = 'attached';
      deployer.tidy();
    }),
  );

  soakIt('is none where the release serves already: nothing changes', async () => {
    const project = deployer.project(slow('again'));
    await replaced(async () => {
      await succeed(project, 'deploy', '--yes', '--json');
      serving = 'again';
    });
    await undisturbed(() => succeed(project, 'deploy', '--yes', '--json'));
    assert.equal(await countReleased('again'), 1);
  });

  it('is noted as interrupted where the server is killed, and what it had started is ended', () =>
    undisturbed(async () => {
      const project = deployer.project(slow('interrupted'));
      const command = deployer.start(project, ['deploy', '--yes', '--json']);
      await untilStep(command, 'health');
      // What a process that is killed has in its hands is lost, requests and connections; nothing after it is.
      await visitor.pause();
      await vps.kill(await pidOf(vps, 'serve'));
      await visitor.resume();
      const {code, hint} = problemOf(await command.ended);
      assert.equal(code, 'DEPLOY_INTERRUPTED');
      assert.match(hint ?? '', /deploy again/);
      assert.equal(await answer(), `ok ${serving}`);
      const {output} = await succeed(project, 'logs', '--env', 'production');
      assert.match(output, /was interrupted; the one before serves/);
    }));

  it('is ended by another command, which says whose it was', () =>
    undisturbed(async () => {
      const project = deployer.project(projectOf({keys: ['release = "sleep 600"'], server: serverOf('cancelled')}));
      const command = deployer.start(project, ['deploy', '--yes', '--json']);
      await untilStep(command, 'release-command');
      const {output} = await succeed(project, 'deploy', '--cancel');
      assert.match(output, /^one: the deploy to release \w+, by \S+@\S+, is ended; the release before serves/m);
      assert.equal(problemOf(await command.ended).code, 'DEPLOY_CANCELLED');
      assert.match((await succeed(project, 'deploy', '--cancel')).output, /no deploy is under way/);
    }));

  soakIt('is followed by one that succeeds', () =>
    replaced(async () => {
      await deploy(slow('last'));
      serving = 'last';
    }),
  );
});

function assertProblem({code, message, hint, details}: Problem, expected: Broken): void {
  const told = JSON.stringify({code, message, hint, details}, null, 2);
  assert.equal(code, expected.code, told);
  for (const says of expected.says) assert.match(message, says, told);
  assert.match(hint ?? '', expected.hint, told);
  if (expected.shows !== undefined) assert.ok(details.includes(expected.shows), told);
}
