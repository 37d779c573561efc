import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {reservePort} from '../../src/supervisor/reserved-port.js';
import {createDevMachine, type DevMachine} from '../helpers/dev-machine.js';
import {eventually} from '../helpers/eventually.js';
import {requires} from '../helpers/system-parts.js';
import {createDeployer, type Deployer} from '../helpers/vps/deployer.js';
import {startVps, VPS_PARTS, type Vps} from '../helpers/vps/vps.js';
import type {Files} from '../helpers/vps/workplace.js';
import {ask} from '../sdk/http-client.js';

// One app, a handler and nothing else, without a change: in development, on a server, and by itself.

const INSTALL_TIMEOUT_MS = 300_000;
const TIMEOUT_MS = 180_000;
const ROOT = path.resolve(import.meta.dirname, '../..');

const APP = `import {tako} from 'tako.sh';

let isReady = false;

export default {
  async ready() {
    await new Promise(resolve => setTimeout(resolve, 100));
    isReady = true;
  },
  fetch(request) {
    const {env, port, secrets} = tako;
    const runtime = 'Bun' in globalThis ? 'bun' : 'node';
    return Response.json({runtime, isReady, env, hasPort: port > 0, secret: secrets.GREETING, scheme: new URL(request.url).protocol});
  },
};
`;

const LOCK = {
  name: 'handler',
  lockfileVersion: 3,
  requires: true,
  packages: {
    '': {name: 'handler', dependencies: {'tako.sh': 'file:vendor/tako.sh'}},
    'node_modules/tako.sh': {resolved: 'vendor/tako.sh', link: true},
    'vendor/tako.sh': {version: '0.1.0'},
  },
};

const filesOf = (runtime: string): Files => ({
  'tako.toml': `name = "${runtime}-handler"\nmain = "app.js"\nruntime = "${runtime}"\nstability = 0\n[envs.production]\nroute = "${runtime}.example.com"\nservers = ["one"]\n`,
  'package.json': JSON.stringify({name: 'handler', type: 'module', dependencies: {'tako.sh': 'file:vendor/tako.sh'}}),
  'package-lock.json': JSON.stringify(LOCK),
  'app.js': APP,
});

/** The package as it is built here, without what only the command needs. */
function addPackage(project: string): void {
  const {name, version, type, exports} = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const folder = path.join(project, 'vendor/tako.sh');
  cpSync(path.join(ROOT, 'dist/sdk'), path.join(folder, 'dist/sdk'), {recursive: true});
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({name, version, type, exports}));
  mkdirSync(path.join(project, 'node_modules'));
  symlinkSync('../vendor/tako.sh', path.join(project, 'node_modules/tako.sh'));
}

type Seen = {
  readonly runtime: string;
  readonly isReady: boolean;
  readonly env: string;
  readonly hasPort: boolean;
  readonly secret: string;
  readonly scheme: string;
};

for (const runtime of ['node', 'bun']) {
  const seen = (env: string, scheme: string): Seen => ({
    ...{runtime, isReady: true, env, hasPort: true, secret: `of ${env}`, scheme},
  });

  describe.skipIf(requires(runtime))(`a handler under ${runtime}`, {timeout: TIMEOUT_MS}, () => {
    let machine: DevMachine;
    beforeAll(() => {
      machine = createDevMachine();
    });
    afterAll(() => machine.close());

    function createProject(): string {
      const {directory, write} = machine.project(`${runtime}-handler`);
      for (const [file, text] of Object.entries(filesOf(runtime))) write(file, String(text));
      addPackage(directory);
      return directory;
    }

    it('is served by tako dev, with its secrets', async () => {
      const directory = createProject();
      writeFileSync(path.join(directory, 'secrets.env'), 'GREETING="of development"\n');
      const set = await machine.tako.run(['secrets', 'import', 'secrets.env'], {cwd: directory});
      assert.equal(set.code, 0, set.stderr);
      await machine.tako.dev(directory).ready();
      const {status, body} = await (await machine.client()).get(`${runtime}-handler.test`);
      assert.deepEqual([status, JSON.parse(body)], [200, seen('development', 'https:')]);
    });

    it(`runs as plain ${runtime} app.js`, async () => {
      const directory = createProject();
      const PORT = String(await reservePort());
      const child = spawn(runtime === 'node' ? process.execPath : runtime, ['app.js'], {
        cwd: directory,
        env: {PATH: process.env.PATH, PORT, GREETING: 'of development'},
        stdio: 'ignore',
      });
      try {
        const {body} = await eventually(() => ask(Number(PORT), '/'));
        // Bun serves it by itself, and knows nothing of ready().
        const expected = {...seen('development', 'http:'), isReady: runtime === 'node'};
        assert.deepEqual(JSON.parse(`${body}`), expected);
      } finally {
        child.kill('SIGKILL');
        await once(child, 'close');
      }
    });
  });
}

describe.skipIf(requires(...VPS_PARTS, 'npm registry', 'bun'))('on a server', {timeout: TIMEOUT_MS}, () => {
  let vps: Vps;
  let deployer: Deployer;

  beforeAll(async () => {
    vps = await startVps({name: 'one'});
    deployer = createDeployer(vps);
    await deployer.succeed(deployer.project({}), 'servers', 'add', 'root@one', '--yes');
  }, INSTALL_TIMEOUT_MS);
  afterAll(async () => {
    deployer?.close();
    await vps?.close();
  }, INSTALL_TIMEOUT_MS);

  it.each(['node', 'bun'])('the handler runs under %s as it is, proven by its status', async runtime => {
    const project = deployer.project({...filesOf(runtime), 'secrets.env': 'GREETING="of production"\n'});
    addPackage(project);
    await deployer.succeed(project, 'secrets', 'import', 'secrets.env', '--env', 'production');
    const plan = await deployer.succeed(project, 'deploy', '--dry-run', '--json');
    assert.match(plan.output, /"health":\{"type":"status"\}/);
    await deployer.succeed(project, 'deploy', '--yes');
    const host = `${runtime}.example.com`;
    const {stdout} = await vps.run(`curl -sk --resolve ${host}:443:127.0.0.1 https://${host}/`);
    const expected = {
      runtime,
      isReady: true,
      env: 'production',
      hasPort: true,
      secret: 'of production',
      scheme: 'https:',
    };
    assert.deepEqual(JSON.parse(stdout), expected);
  });
});
