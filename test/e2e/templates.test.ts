// Each template as somebody gets it: `npm create tako` from packed packages, then what it says to do next, up to the page on
// a server.

import assert from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {listTemplates, type Template} from '../../src/commands/init/templates.js';
import {terminalEnvironment} from '../frameworks/terminal.js';
import {type Client, createClient} from '../helpers/client.js';
import {eventually} from '../helpers/eventually.js';
import {createNewApps, type NewApps} from '../helpers/new-app.js';
import {requires} from '../helpers/system-parts.js';
import {createTako, type Tako} from '../helpers/tako.js';
import {withoutTrust} from '../helpers/tls-clients.js';
import {visit} from '../helpers/vps/visit.js';
import {startVps, VPS_PARTS, type Vps} from '../helpers/vps/vps.js';
import {createWorkplace, type Workplace} from '../helpers/vps/workplace.js';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');
const FINDS_NAMES = path.resolve(import.meta.dirname, '../fixtures/finds-test-names.cjs');
const TIMEOUT_MS = 300_000;
const PARTS = [...VPS_PARTS, 'curl', 'npm', 'npm registry'];

/** What runs an app of a template beside Node. */
const PROGRAMS: Readonly<Record<string, string>> = {bun: 'bun', go: 'go', python: 'python3'};

let vps: Vps;
let place: Workplace;
let apps: NewApps;
let tako: Tako;

/** Takes away what the test runner and this machine's owner have set: apps look at it, and at whom it trusts. */
function withoutOwn(): NodeJS.ProcessEnv {
  const kept = withoutTrust(terminalEnvironment());
  const others = Object.keys(process.env).filter(name => !(name in kept));
  return Object.fromEntries(others.map(name => [name, undefined]));
}

/** Words of the app's own script; where it has none, those of the command. */
async function runScript(folder: string, name: string, otherwise: readonly [string, ...string[]], ...flags: string[]) {
  const file = path.join(folder, 'package.json');
  const scripts = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')).scripts ?? {}) : {};
  if (scripts[name] === undefined) return apps.run(folder, ...otherwise, ...flags);
  return apps.run(folder, 'npm', 'run', name, '--', ...flags);
}

const CHECKS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  go: ['sh', '-c', 'go vet ./... && test -z "$(gofmt -l .)"'],
  python: ['python3', '-W', 'error', '-m', 'py_compile', 'main.py'],
};

describe.skipIf(requires(...PARTS))('a new app', {timeout: TIMEOUT_MS}, () => {
  beforeAll(async () => {
    vps = await startVps({name: 'one'});
    place = createWorkplace([vps]);
    apps = await createNewApps(place.projects, place.environment);
    tako = createTako({...withoutOwn(), NODE_OPTIONS: `--require ${FINDS_NAMES}`});
    await apps.run(place.projects, process.execPath, CLI, 'servers', 'add', 'root@one', '--yes');
  }, TIMEOUT_MS);

  afterAll(async () => {
    await tako?.close();
    await apps?.close();
    place?.close();
    await vps?.close();
  }, TIMEOUT_MS);

  for (const template of listTemplates()) {
    describe.skipIf(requires(PROGRAMS[template.id] ?? 'npm'))(`of the template ${template.id}`, () => {
      describeApp(template);
    });
  }
});

function describeApp({id, packageManager: manager = 'npm'}: Template): void {
  const name = `shop-${id}`;
  const names = id === 'monorepo' ? [`${name}-api`, name] : [name];
  let folder: string;

  beforeAll(async () => {
    folder = await apps.create(id, name);
    if (existsSync(path.join(folder, 'package.json'))) await apps.run(folder, manager, 'install');
  }, TIMEOUT_MS);

  it('is free of mistakes', () => runScript(folder, 'check', CHECKS[id] ?? ['false']));

  it('is served by tako dev', async () => {
    const dev = tako.dev(folder);
    await Promise.all(
      names.map(app =>
        dev.until(event => event.type === 'status' && event.status.name === app && event.status.state === 'ready'),
      ),
    );
    const client = await clientOf(tako);
    try {
      await eventually(async () => assertPage(await client.get(`${name}.test`), name));
      if (id === 'monorepo') await assertSiblings(client, name);
    } finally {
      await client.close();
      await tako.stop(...names);
      await dev.end('SIGKILL');
    }
  });

  it('is deployed, and there over HTTPS', async () => {
    await runScript(folder, 'deploy', [process.execPath, CLI, 'deploy'], '--yes');
    assertPage(await visit(vps, `https://${name}.example.com/`), name);
    if (id === 'monorepo') {
      const {body} = await visit(vps, `https://api.${name}.example.com/greeting`);
      assert.deepEqual(JSON.parse(body), {greeting: 'Hello from the API'});
    }
    for (const app of names) {
      const own = id === 'monorepo' ? path.join(folder, 'apps', app === name ? 'web' : 'api') : folder;
      await apps.run(own, process.execPath, CLI, 'delete', '--yes');
    }
  });
}

async function clientOf(tako: Tako): Promise<Client> {
  const {daemon} = await tako.status();
  assert.ok(daemon);
  return createClient(daemon);
}

function assertPage({status, body}: {readonly status: number; readonly body: string}, name: string): void {
  assert.equal(status, 200, body);
  assert.match(body, new RegExp(`<title>[^<]*${name}[^<]*</title>`));
}

async function assertSiblings(client: Client, name: string): Promise<void> {
  const {body} = await client.get(`${name}.test`);
  assert.match(body, new RegExp(`Hello from the API, from https://${name}-api\\.test`));
}
