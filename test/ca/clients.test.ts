import assert from 'node:assert/strict';
import {once} from 'node:events';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer, type Server} from 'node:https';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {type Authority, openAuthority} from '../../src/ca/authority.js';
import {issueLeaf} from '../../src/ca/leaf.js';
import {applyPlan} from '../../src/ca/trust/apply-plan.js';
import {planTrust, readTrustFacts} from '../../src/ca/trust/trust.js';
import {refreshBundle} from '../../src/ca/trust-bundle.js';
import {trustVariables} from '../../src/devproxy/trust-variables.js';
import {systemClock} from '../../src/system/clock.js';
import type {CommandResult} from '../../src/system/exec.js';
import {trustInStore} from '../helpers/chromium.js';
import {PRIVATE_STORE_PARTS, type PrivateStore, startPrivateStore} from '../helpers/private-store.js';
import {hasTool, requires} from '../helpers/system-parts.js';
import {
  bodyFor,
  buildPrograms,
  type ClientPrograms,
  isMissing,
  type TlsClient,
  tlsClients,
  withoutTrust,
} from '../helpers/tls-clients.js';
import {findLine, renderLine, type Seen, withTable} from './clients-table.js';

// What each client of this machine does with a certificate of ours: with no word about the root, with the root in the system's
// store, with the environment of apps, and where the certificate is for a name that the root may not sign. In a view of this
// machine whose store is a copy.

const PAGE = path.resolve(import.meta.dirname, '../../docs/trust.md');
const isUpdate = process.env.TAKO_UPDATE_DOCS === '1';
const TIMEOUT_MS = 120_000;
const [OWN, FOREIGN] = ['app.test', 'shop.example'];

/** With a profile of its own, and the names by the system's resolver as all others. */
const CHROMIUM: TlsClient = {
  name: 'Chromium',
  needs: ['chromium', 'certutil'],
  command: url => [
    ...(['chromium', '--headless', '--no-sandbox', '--disable-gpu', '--no-first-run'] as const),
    ...['--disable-background-networking', '--dump-dom', url.href],
  ],
  prints: /hello/,
};
/** What says that a certificate was refused, in the words of each client; an answer to anything else is no measurement. */
const REFUSAL = /certificate|ERR_CERT|CERT_|PKIX|UnknownIssuer|permitted subtree violation|net_error -20[27]\b/i;

describe.skipIf(requires(...PRIVATE_STORE_PARTS))('what a client makes of a certificate', () => {
  const lines = new Map<string, string>();
  let folder: string;
  let authority: Authority;
  let programs: ClientPrograms;
  let plain: PrivateStore;
  let trusting: PrivateStore;
  let variables: Readonly<Record<string, string>>;
  let ownServer: Server;
  let foreignServer: Server;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'tako-clients-'));
    authority = await openAuthority({folder: path.join(folder, 'ca'), clock: systemClock});
    programs = await buildPrograms(folder, hasTool);
    ownServer = await startServer(authority, OWN);
    foreignServer = await startServer(authority, FOREIGN);
    plain = await startPrivateStore([OWN, FOREIGN]);
    trusting = await startPrivateStore([OWN, FOREIGN]);
    const bundle = path.join(folder, 'bundle.pem');
    await refreshBundle(bundle, authority.root, [path.join(plain.root, 'etc/ssl/certs/ca-certificates.crt')]);
    variables = trustVariables({root: authority.root.file, bundle}, {});
    const facts = await readTrustFacts({home: folder, platform: 'linux', run: trusting.run, root: trusting.root});
    const system = facts.stores.filter(({kind}) => kind === 'linux');
    await applyPlan(planTrust({...facts, stores: system}, authority.root), trusting.run);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await Promise.all([plain?.end(), trusting?.end()]);
    for (const server of [ownServer, foreignServer]) server?.close();
    if (isUpdate) writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8'), clientNames(), lines));
    rmSync(folder, {recursive: true, force: true});
  });

  const clientNames = (): readonly string[] => [...tlsClients(programs).map(({name}) => name), CHROMIUM.name];

  type Ask = {readonly store: PrivateStore; readonly environment?: NodeJS.ProcessEnv; readonly name?: string};

  /** Whether the client took what the server of that name showed. */
  async function takes(client: TlsClient, {store, environment = {}, name = OWN}: Ask): Promise<boolean> {
    const server = name === OWN ? ownServer : foreignServer;
    const {port} = server.address() as AddressInfo;
    const [file, ...args] = client.command(new URL(`https://${name}:${port}/`));
    const home = mkdtempSync(path.join(folder, 'home-'));
    const options = {environment: {...withoutTrust(process.env), ...environment}, timeoutMs: TIMEOUT_MS / 2};
    const own = client === CHROMIUM ? {HOME: environment.HOME ?? home} : {};
    const result = await store.run({file, args}, {...options, environment: {...options.environment, ...own}});
    const isTaken = client.prints.test(result.stdout + result.stderr);
    if (!isTaken) assertRefused(client, result);
    return isTaken;
  }

  function assertRefused({name}: TlsClient, {stdout, stderr, exitCode}: CommandResult): void {
    // wget says nothing with -q; 5 is its code for a certificate that it does not take.
    if (name === 'wget') assert.equal(exitCode, 5);
    else assert.match(stdout + stderr, REFUSAL, `${name} failed for another reason`);
  }

  async function look(client: TlsClient): Promise<Seen> {
    const seen = {
      byItself: await takes(client, {store: plain}),
      systemStore: await takes(client, {store: trusting}),
      environment: await takes(client, {store: plain, environment: variables}),
    };
    const ownStore =
      client === CHROMIUM ? await takes(client, {store: plain, environment: await homeThatTrusts()}) : undefined;
    const trustedBy = ownStore
      ? {store: plain, environment: await homeThatTrusts()}
      : {store: trusting, environment: seen.systemStore ? {} : variables};
    return {...seen, ownStore, foreignName: await takes(client, {...trustedBy, name: FOREIGN})};
  }

  async function homeThatTrusts(): Promise<NodeJS.ProcessEnv> {
    const home = mkdtempSync(path.join(folder, 'home-'));
    await trustInStore(home, authority.root);
    return {HOME: home};
  }

  for (const {name, ...known} of [...tlsClients({go: '', java: ''}), CHROMIUM]) {
    it.skipIf(isMissing({name, ...known}))(`${name}, as docs/trust.md says`, {timeout: 3 * TIMEOUT_MS}, async () => {
      const client = [...tlsClients(programs), CHROMIUM].find(candidate => candidate.name === name);
      assert.ok(client);
      const seen = await look(client);
      assert.ok(!seen.byItself, 'nobody trusts it unasked');
      const line = renderLine(name, seen);
      lines.set(name, line);
      if (MUST_REFUSE.includes(name)) assert.ok(!seen.foreignName, 'the root is good for local names only');
      if (!isUpdate) assert.equal(findLine(readFileSync(PAGE, 'utf8'), name), line);
    });
  }
});

/** Those that promise to read name constraints of a root. */
const MUST_REFUSE = ['curl', 'openssl s_client', 'Node.js', 'Python urllib', 'Go', 'Chromium'];

async function startServer(authority: Authority, name: string): Promise<Server> {
  const server = createServer(issueLeaf(authority, name, Date.now()).certificate, (request, response) =>
    response.end(bodyFor(request.url ?? '/')),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
