import assert from 'node:assert/strict';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {isSoak} from '../helpers/soak.js';
import {requires} from '../helpers/system-parts.js';
import {createDeployer, type Deployer, type Ended, problemOf} from '../helpers/vps/deployer.js';
import {startVps, VPS_PARTS, type Vps} from '../helpers/vps/vps.js';
import type {Files} from '../helpers/vps/workplace.js';

// Apps that are run by something else than the server's own Node.

const INSTALL_TIMEOUT_MS = 300_000;
/** With a download of 50 MB in it. */
const TIMEOUT_MS = 180_000;
const MIB = 1024 ** 2;
const soakIt = it.skipIf(!isSoak);

const hostOf = (name: string): string => `${name}.example.com`;

const tomlOf = (name: string, ...keys: readonly string[]): string =>
  `name = "${name}"\nstability = 0\n${keys.join('\n')}\n[envs.production]\nroute = "${hostOf(name)}"\nservers = ["one"]\n`;

const NODE_SERVER = `import {createServer} from 'node:http';
createServer((_, response) => response.end(process.version + ' ' + process.execPath))
  .listen(Number(process.env.PORT), '127.0.0.1');
`;

const nodeApp = (text: string): Files => ({
  'tako.toml': tomlOf(
    'old',
    'start = ["node", "server.mjs"]',
    `release = 'node --version >"$TAKO_DATA_DIR/released-by"'`,
  ),
  'package.json': '{"name": "old", "private": true, "engines": {"node": "22"}}\n',
  'server.mjs': `// ${text}\n${NODE_SERVER}`,
});

describe.skipIf(requires(...VPS_PARTS, 'npm registry'))(
  'an app on a server that asks for',
  {timeout: TIMEOUT_MS},
  () => {
    let vps: Vps;
    let deployer: Deployer;

    beforeAll(async () => {
      vps = await startVps({name: 'one'});
      deployer = createDeployer(vps);
      await succeed(deployer.project({}), 'servers', 'add', 'root@one', '--yes');
    }, INSTALL_TIMEOUT_MS);

    afterAll(async () => {
      deployer?.close();
      await vps?.close();
    }, INSTALL_TIMEOUT_MS);

    const succeed: Deployer['succeed'] = (...args) => deployer.succeed(...args);
    const deploy = (files: Files): Promise<Ended> => succeed(deployer.project(files), 'deploy', '--yes');

    async function inside(command: string): Promise<string> {
      const {exitCode, stdout, stderr} = await vps.run(command);
      assert.equal(exitCode, 0, `${command}: ${stderr}`);
      return stdout;
    }

    const answerOf = (name: string): Promise<string> =>
      inside(`curl -sk --resolve ${hostOf(name)}:443:127.0.0.1 https://${hostOf(name)}/`);

    /** Links of each object that is as large as a runtime: itself, and one per release that has it. */
    const linksOfRuntimes = (): Promise<string> => inside(`find /opt/tako/objects -type f -size +50M -printf '%n\\n'`);

    it('another version of Node gets it, in all that runs of it', async () => {
      assert.match((await deploy(nodeApp('one'))).output, /Node 22 \(engines\.node in package\.json\)/);
      const tree = await inside('ls -d /opt/tako/apps/old/production/releases/*/tree');
      assert.match(await answerOf('old'), /^v22\./);
      assert.equal((await answerOf('old')).split(' ')[1], `${tree}/.tako/runtime/node`);
      assert.match(await inside('cat /opt/tako/apps/old/production/data/released-by'), /^v22\./);
      const {output} = await succeed(deployer.project(nodeApp('one')), 'exec', '--', 'node', '--version');
      assert.match(output, /^v22\./);
    });

    it('another version of Node has it sent once, and kept as long as a release has it', async () => {
      const {output} = await deploy(nodeApp('two'));
      const [, kibibytes] = /uploaded \d+ files?, (\d+) KiB/.exec(output) ?? [];
      assert.ok(Number(kibibytes) < MIB / 1024, output);
      assert.equal(await linksOfRuntimes(), '3', 'the object, and a link in each of two releases');
      await succeed(deployer.project(nodeApp('two')), 'rollback');
      assert.match(await answerOf('old'), /^v22\./);
      await succeed(deployer.project(nodeApp('two')), 'delete', '--yes');
      assert.equal(await linksOfRuntimes(), '1', 'no release has it, and it goes with what is a day old');
    });

    it('a version that nobody has is told so before it is built', async () => {
      const files = {
        ...nodeApp('none'),
        'tako.toml': tomlOf('old', 'build = {run = "exit 1"}', 'start = ["node", "server.mjs"]'),
        '.nvmrc': '99\n',
      };
      const {code, message, hint} = problemOf(await deployer.run(deployer.project(files), 'deploy', '--yes', '--json'));
      assert.equal(code, 'RUNTIME_UNAVAILABLE');
      assert.match(message, /^\.nvmrc asks for Node 99, of which npm has no build/);
      assert.match(hint ?? '', /the newest is \d+\.\d+\.\d+/);
    });

    soakIt('Bun gets it', async () => {
      await deploy({
        'tako.toml': tomlOf('bun', 'start = ["bun", "server.ts"]', 'runtime = "bun@1"'),
        'server.ts': `Bun.serve({port: process.env.PORT, hostname: '127.0.0.1', fetch: () => new Response('Bun ' + Bun.version)});\n`,
      });
      assert.match(await answerOf('bun'), /^Bun 1\./);
    });

    soakIt('Deno gets it', async () => {
      await deploy({
        'tako.toml': tomlOf('deno', 'start = ["deno", "run", "-A", "server.ts"]', 'runtime = "deno@2"'),
        'server.ts': `Deno.serve({port: Number(Deno.env.get('PORT')), hostname: '127.0.0.1'}, () => new Response('Deno ' + Deno.version.deno));\n`,
      });
      assert.match(await answerOf('deno'), /^Deno 2\./);
    });
  },
);
