import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {hasTool, requires} from '../helpers/system-parts.js';
import {buildPrograms, type ClientPrograms, isMissing, tlsClients, withoutTrust} from '../helpers/tls-clients.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const TIMEOUT_MS = 120_000;
const SIBLING = new URL('https://api.test/');

/** Those that read no variable: docs/trust.md. */
const BY_STORES_ONLY = ['wget', 'Java'];

type Outcome = {readonly code: number | null; readonly output: string};

describe.skipIf(requires('root', 'ip', 'network namespace', 'mount namespace'))(
  'an app that tako dev runs, on a machine that does not trust tako',
  () => {
    let folder: string;
    let programs: ClientPrograms;
    let outcomes: Record<string, Outcome>;

    beforeAll(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'tako-siblings-'));
      programs = await buildPrograms(folder, hasTool);
      outcomes = await runInApp(folder, programs);
    }, TIMEOUT_MS);
    afterAll(() => rmSync(folder, {recursive: true, force: true}));

    for (const {name, ...known} of tlsClients({go: '', java: ''}).filter(
      client => !BY_STORES_ONLY.includes(client.name),
    )) {
      it.skipIf(isMissing({name, ...known}))(`calls its sibling by https://api.test with ${name}`, () => {
        const client = tlsClients(programs).find(candidate => candidate.name === name);
        const outcome = outcomes[name];
        assert.match(outcome?.output ?? '', client?.prints ?? /$^/);
        assert.equal(outcome?.code, 0);
      });
    }

    it('still reaches whom the system trusts: the bundle has its roots too', () => {
      assert.ok(Number(outcomes.bundle?.output) > 10, outcomes.bundle?.output);
    });
  },
);

async function runInApp(folder: string, programs: ClientPrograms): Promise<Record<string, Outcome>> {
  const commands = Object.fromEntries(tlsClients(programs).map(({name, command}) => [name, command(SIBLING)]));
  const bundle = ['sh', '-c', 'grep -c "BEGIN CERTIFICATE" "$SSL_CERT_FILE"'];
  const file = path.join(folder, 'commands.json');
  writeFileSync(file, JSON.stringify({...commands, bundle}));
  const script = path.join(ROOT, 'test/fixtures/machine/siblings.mjs');
  const {stdout} = await promisify(execFile)(
    'unshare',
    ['--net', '--mount', '--fork', 'node', script, folder, path.join(ROOT, 'dist/cli.js'), file],
    {env: withoutTrust(process.env), timeout: TIMEOUT_MS},
  );
  return JSON.parse(stdout);
}
