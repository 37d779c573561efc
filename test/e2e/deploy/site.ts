import assert from 'node:assert/strict';
import {afterAll, beforeAll} from 'vitest';
import type {DeploymentStatus, ReleaseSummary} from '../../../src/control/server-methods.js';
import {type Example, openExample} from '../../helpers/example.js';
import {createLaptop, type Laptop} from '../../helpers/vps/laptop.js';
import {visit} from '../../helpers/vps/visit.js';
import {startVps, VPS_PARTS, type Vps, type VpsOptions} from '../../helpers/vps/vps.js';

/** What these tests need here: for `requires` of system-parts. */
export const DEPLOY_PARTS = [...VPS_PARTS, 'sudo', 'curl', 'npm', 'npm registry'] as const;
export const TIMEOUT_MS = 300_000;

/** A laptop and the servers that it deploys to. */
export type Site = {readonly laptop: Laptop; readonly servers: readonly Vps[]; readonly vps: Vps};

/** Servers for all tests of a file, on which nothing is installed yet. The first is `vps`. */
export const shareSite = (...names: readonly string[]): (() => Site) =>
  shareServers(names.map(name => ({name, sudoUser: true})));

/** The same for servers of that kind. */
export function shareServers(kinds: readonly VpsOptions[]): () => Site {
  const servers: Vps[] = [];
  let site: Site | undefined;
  beforeAll(async () => {
    for (const kind of kinds) servers.push(await startVps(kind));
    const [vps] = servers;
    assert.ok(vps);
    site = {servers, vps, laptop: createLaptop(servers)};
  }, TIMEOUT_MS);
  afterAll(async () => {
    site?.laptop.close();
    await Promise.all(servers.map(server => server.close()));
  }, TIMEOUT_MS);
  return () => {
    assert.ok(site, 'only tests ask');
    return site;
  };
}

/** The example without packages, which does not take its time to show that it is stable. */
export async function openNotes({laptop}: Site, name: string): Promise<Example> {
  const notes = await openExample('node', laptop.projects);
  notes.edit('tako.toml', 'name = "notes"', `name = "${name}"\nstability = "0s"`);
  notes.edit('tako.toml', 'notes.example.com', `${name}.example.com`);
  return notes;
}

/** What the notes app says of itself. */
export type Greeting = {
  readonly greeting: string;
  readonly environment: string;
  readonly release: string;
  readonly pid: number;
};

export async function greetingOf(vps: Vps, app: string): Promise<Greeting> {
  const {status, body} = await visit(vps, `https://${app}.example.com/`);
  assert.equal(status, 200, body);
  return JSON.parse(body);
}

type OfServer<T> = {readonly servers: readonly ({readonly server: string; readonly ok: boolean} & T)[]};

/** Of the only server of the app in that folder. */
export async function statusOf({laptop}: Site, {folder}: Example): Promise<DeploymentStatus> {
  const {stdout} = await laptop.tako(folder, 'status', '--env', 'production', '--json');
  const {servers} = JSON.parse(stdout) as OfServer<{deployment: DeploymentStatus | null}>;
  const deployment = servers[0]?.deployment;
  assert.ok(deployment, stdout);
  return deployment;
}

/** Last deployed first. */
export async function releasesOf({laptop}: Site, {folder}: Example): Promise<readonly ReleaseSummary[]> {
  const {stdout} = await laptop.tako(folder, 'releases', '--json');
  const {servers} = JSON.parse(stdout) as OfServer<{releases: readonly ReleaseSummary[]}>;
  return servers[0]?.releases ?? [];
}
