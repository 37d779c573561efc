import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {loadProject} from '../../../src/config/load-project.js';
import type {ServerInfo} from '../../../src/control/server-methods.js';
import {planDeploy, requirePlan} from '../../../src/prod/deploy/plan.js';
import {findServerProblems, findServerWarnings} from '../../../src/prod/deploy/server-problems.js';
import {failure, packageJson} from '../../config/support.js';
import {codesOf, type Files, LINUX, planned, planning, projectWith, takoToml} from './support.js';

const SERVER = {'package.json': packageJson({scripts: {start: 'node server.js'}}), 'server.js': ''};
const project = (toml: string, files: Files = SERVER) => projectWith({'tako.toml': toml, ...files});

async function planOf(toml: string, files?: Files) {
  return (await planned(await project(toml, files))).plan;
}

const codes = async (toml: string, environment?: string, files?: Files) =>
  codesOf(await planning(await project(toml, files), environment));

describe('planDeploy', () => {
  it('says what will be built, run and reached, as data', async () => {
    const plan = await planOf(
      takoToml(
        'release = "node migrate.js"\nruntime = "node@24"\nscale = 2',
        'ssl = "internal"\n[vars.production]\nA = "1"',
      ),
    );
    assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
    assert.deepEqual(
      [plan.app, plan.environment, plan.framework, plan.packageManager],
      ['shop', 'production', 'Node.js', 'npm'],
    );
    assert.deepEqual(plan.start, {command: ['node', 'server.js'], origin: 'scripts.start in package.json'});
    assert.deepEqual(plan.runtime, {name: 'node', version: '24', origin: 'tako.toml'});
    assert.deepEqual([plan.routes, plan.servers, plan.scale], [['shop.example.com'], ['one'], 2]);
    assert.deepEqual([plan.releaseCommand, plan.ssl, plan.health], ['node migrate.js', 'internal', {type: 'tcp'}]);
    assert.deepEqual([plan.stabilityMs, plan.assetsWindowMs, plan.keepReleases], [3_000, 86_400_000, 10]);
    assert.deepEqual(plan.variables, {NODE_ENV: 'production', A: '1', ENV: 'production'});
  });

  it("asks a program of Tako's package for its status, and of an app that listens by itself only whether it does", async () => {
    const files = (scripts: Record<string, string>) => ({
      ...SERVER,
      'package.json': packageJson({uses: ['tako.sh'], scripts}),
      'package-lock.json': '',
      'node_modules/tako.sh/dist/sdk/entrypoints/node-server.mjs': '',
    });
    assert.deepEqual((await planOf(takoToml(), files({}))).health, {type: 'status'});
    const built = files({start: 'node dist/server/tako-entry.mjs'});
    assert.deepEqual((await planOf(takoToml(), built)).health, {type: 'status'});
    assert.deepEqual((await planOf(takoToml(), files({start: 'node server.js'}))).health, {type: 'tcp'});
  });

  it('takes the version of Node from tako.toml, else from the files of other tools, else from package.json', async () => {
    const version = async (top: string, files: Files) =>
      (await planOf(takoToml(top), {...SERVER, ...files})).runtime?.version;
    const engines = (node: string): Files => ({
      'package.json': JSON.stringify({...JSON.parse(SERVER['package.json']), engines: {node}}),
    });
    assert.equal(await version('', {}), null);
    assert.equal(await version('', engines('>=20 <23')), '>=20 <23');
    assert.equal(await version('', {...engines('>=20'), '.nvmrc': '22'}), '22');
    assert.equal(await version('', engines('whatever')), null);
    assert.equal(await version('', {'.nvmrc': 'lts/Iron\n'}), '20');
    assert.equal(await version('runtime = "node"', {'.nvmrc': '22'}), '22');
    assert.equal(await version('', {'.nvmrc': 'v22.1\n'}), '22.1');
    assert.equal(await version('', {'.nvmrc': '22', '.node-version': '20'}), '20');
    assert.equal(await version('', {'.nvmrc': 'lts/*'}), null);
    assert.equal(await version('runtime = "node@24.1.0"', {'.nvmrc': '22'}), '24.1.0');
    assert.equal((await planOf(takoToml('start = ["./app"]'))).runtime, null);
  });

  it('finds which runtime the app is run by, and its version', async () => {
    const runtime = async (top: string, files: Files = {}) =>
      (await planOf(takoToml(top), {...SERVER, ...files})).runtime;
    const bun = 'start = ["bun", "server.js"]';
    assert.deepEqual(await runtime(bun), {name: 'bun', version: null, origin: null});
    assert.deepEqual(await runtime(bun, {'.bun-version': '1.2.3', '.nvmrc': '22'}), {
      name: 'bun',
      version: '1.2.3',
      origin: '.bun-version',
    });
    const managed = {'package.json': '{"name": "shop", "packageManager": "bun@1.1.9"}'};
    assert.equal((await runtime(bun, managed))?.version, '1.1.9');
    assert.equal((await runtime('start = "bun server.js && true"\nruntime = "bun@1.3"'))?.name, 'bun');
    assert.deepEqual(await runtime('runtime = "deno@2"\nstart = ["deno", "run", "-A", "server.js"]'), {
      name: 'deno',
      version: '2',
      origin: 'tako.toml',
    });
  });

  it('takes the only server there is where none is named', async () => {
    const directory = await project('name = "shop"\n[envs.production]\nroute = "a.example.com"');
    const options = {project: await loadProject({directory, home: '/'}), environment: 'production', home: '/'};
    const one = requirePlan(await planDeploy({...options, knownServers: ['only']}));
    assert.deepEqual(one.plan.servers, ['only']);
    assert.deepEqual(codesOf(await planDeploy({...options, knownServers: ['a', 'b']})), ['SERVERS_MISSING']);
    assert.deepEqual(codesOf(await planDeploy({...options, knownServers: []})), ['SERVERS_MISSING']);
    const named = requirePlan(await planDeploy({...options, knownServers: ['a', 'b'], servers: ['b', 'a', 'b']}));
    assert.deepEqual(named.plan.servers, ['a', 'b']);
  });
});

describe('planDeploy: problems', () => {
  it('lists all of them at once', async () => {
    const toml =
      'container = "Dockerfile"\n[envs.production]\nroute = "shop.test"\nservers = ["onee"]\nhealth = "status"';
    const result = await planning(await project(toml));
    assert.deepEqual(codesOf(result), [
      'NAME_MISSING',
      'ROUTE_LOCAL',
      'CONTAINER_UNSUPPORTED',
      'SERVER_UNKNOWN',
      'HEALTH_NEEDS_CONTRACT',
    ]);
    const error = await failure(() => requirePlan(result));
    assert.equal(error.code, 'DEPLOY_INVALID');
    assert.match(error.details.join('\n'), /did you mean "one"\?/);
  });

  it('refuses development, and environments there are not', async () => {
    assert.deepEqual(await codes(takoToml(), 'development'), ['ENVIRONMENT_LOCAL', 'SERVERS_MISSING']);
    assert.deepEqual(await codes(takoToml(), 'staging'), ['NO_SUCH_ENVIRONMENT', 'SERVERS_MISSING']);
  });

  it('refuses what would fail on every server', async () => {
    assert.deepEqual(await codes(takoToml('start = ["node", "--env-file=.env", "server.js"]')), [
      'START_USES_ENV_FILE',
    ]);
    assert.deepEqual(await codes(takoToml('port = 3000\nscale = 2')), ['PORT_SHARED']);
    assert.deepEqual(await codes(takoToml('port = 3000')), []);
  });

  it('refuses a build in a folder that is not there, or outside', async () => {
    assert.deepEqual(await codes(takoToml('[build]\nrun = "x"\ncwd = "web"')), ['BUILD_FOLDER_MISSING']);
    assert.deepEqual(await codes(takoToml('[build]\nrun = "x"\ncwd = "../web"')), ['BUILD_FOLDER_OUTSIDE']);
  });

  it('builds stages beside the project within its repository', async () => {
    const directory = await projectWith({
      '.git/': '',
      'api/tako.toml': takoToml('build_stages = [{run = "x", cwd = "../web"}]'),
      'api/server.js': '',
      'web/x': '',
    });
    const {plan} = await planned(`${directory}/api`);
    assert.deepEqual([plan.root, plan.build[0]?.directory], [directory, 'web']);
  });

  it('asks for the packages of the build, for a lockfile, and for patches that a lockfile knows', async () => {
    const uses = packageJson({
      uses: ['express'],
      scripts: {build: 'x', start: 'node server.js', postinstall: 'patch-package'},
    });
    const files = {'server.js': '', 'package.json': uses};
    assert.deepEqual(await codes(takoToml(), undefined, files), [
      'DEPENDENCIES_MISSING',
      'LOCKFILE_MISSING',
      'PATCHES_NOT_APPLIED',
    ]);
    const installs = takoToml('[build]\ninstall = "npm ci"\nrun = "x"');
    const plain = {
      ...files,
      'package.json': packageJson({uses: ['express'], scripts: {start: 'node server.js'}}),
      'package-lock.json': '',
    };
    assert.deepEqual(await codes(installs, undefined, plain), []);
  });

  it('warns of what does not travel and of what is not acted on', async () => {
    const directory = await project(takoToml('[images]'), {...SERVER, '.env': '', '.env.production': ''});
    const {warnings} = await planning(directory);
    assert.match(warnings.join('\n'), /^\.env, \.env\.production: not deployed; .*\nimages: /);
  });
});

describe('a server, seen from the client', () => {
  const info: ServerInfo = {
    version: '1.0.0',
    protocol: 1,
    pid: 1,
    startedAt: 0,
    now: 1_000_000,
    httpPort: 80,
    httpsPort: 443,
    isIsolated: true,
    nodeVersion: '24.21.0',
    limitsBy: 'cgroup-v2',
    platform: LINUX,
  };
  const codesFor = (some: Partial<ServerInfo>, asked: number, answered: number) =>
    findServerProblems('one', {...info, ...some}, {asked, answered}).map(({code}) => code);

  it('has a problem when its clock is wrong, however long the answer took', () => {
    assert.deepEqual(codesFor({}, 999_000, 1_001_000), []);
    assert.deepEqual(codesFor({}, 0, 5_000_000), []);
    assert.deepEqual(codesFor({}, 1_300_001, 1_300_002), ['CLOCK_SKEWED']);
    assert.deepEqual(codesFor({}, 100, 200), ['CLOCK_SKEWED']);
  });

  it('is warned of where it cannot do what the plan asks for', async () => {
    const plan = await planOf(takoToml('limits = {memory = "1G"}'));
    assert.deepEqual(findServerWarnings(plan, 'one', info), []);
    assert.equal(findServerWarnings(plan, 'one', {...info, limitsBy: null, isIsolated: false}).length, 2);
  });
});
