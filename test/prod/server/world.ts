// A server's deployments without a holder: the state, the releases and the processes are real, and this process's own.

import {createReadStream, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {mkdir} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {onTestFinished} from 'vitest';
import type {JobEvent, JobResult, JobSummary} from '../../../src/control/server-methods.js';
import type {Manifest} from '../../../src/prod/releases/manifest.js';
import {manifestBytes} from '../../../src/prod/releases/manifest-bytes.js';
import {openReleaseStore} from '../../../src/prod/releases/release-store.js';
import {sha256Of} from '../../../src/prod/releases/sha256.js';
import {createJobs} from '../../../src/prod/rollout/jobs.js';
import {createDeployments} from '../../../src/prod/server/deployments.js';
import {createDeploys} from '../../../src/prod/server/deploys.js';
import {createServerProxies} from '../../../src/prod/server/front-proxies.js';
import {createInstanceSet} from '../../../src/prod/server/instance-set.js';
import {openSecretVault} from '../../../src/prod/server/secret-vault.js';
import {openState} from '../../../src/prod/state/state.js';
import type {Route} from '../../../src/proxy/route-table.js';
import {createSupervisor} from '../../../src/supervisor/supervisor.js';
import {systemClock} from '../../../src/system/clock.js';
import {fileEntry, manifestOf, PROCESS} from '../releases/support.js';

export const SHOP = {app: 'shop', environment: 'production'};
export const KEY = 'shop/production';

const serverOf = (text: string): string => `import {createServer} from 'node:http';
createServer((_, response) => response.end(${JSON.stringify(text)})).listen(process.env.PORT, '127.0.0.1');
`;

/** A program that does not come up. */
export const BROKEN = 'process.exit(1);\n';

export type World = Awaited<ReturnType<typeof openWorld>>;

/** A server as its state is in `root`; a new one if not given. */
export async function openWorld(root = mkdtempSync(path.join(tmpdir(), 'tako-server-'))) {
  await mkdir(path.join(root, 'state'), {recursive: true, mode: 0o700});
  await mkdir(path.join(root, 'data'), {recursive: true});
  const state = openState(path.join(root, 'state', 'server.sqlite'));
  const releases = await openReleaseStore({root, clock: systemClock});
  const vault = await openSecretVault({folder: path.join(root, 'state'), state, clock: systemClock});
  const supervisor = createSupervisor({clock: systemClock});
  const said: string[] = [];
  const published: Route[][] = [];
  const proxies = createServerProxies(undefined);
  const deployments = createDeployments({
    clock: systemClock,
    state,
    releases,
    vault,
    placeOf: async (_, token) => ({
      deployment: KEY,
      dataFolder: path.join(root, 'data'),
      nodeFile: process.execPath,
      token,
    }),
    createSet: (release, place, running) =>
      createInstanceSet({release, place, supervisor, running, drain: async () => undefined}),
    loadAssets: async () => undefined,
    inFlightOf: () => 0,
    onRoutes: routes => void published.push([...routes]),
    onServing: () => undefined,
    proxies,
    say: (_, text) => void said.push(text),
  });
  const owner = 'this process';
  const jobs = createJobs({journal: state.jobs, owner, clock: systemClock});
  const commands: string[] = [];
  const deploys = createDeploys({
    ...{state, releases, deployments, vault, jobs, proxies, owner, clock: systemClock},
    runReleaseCommand: async (_, {manifest}) => void commands.push(String(manifest.releaseCommand)),
    say: (_, text) => void said.push(text),
  });
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await supervisor.close();
    state.close();
  };
  onTestFinished(async () => {
    await close();
    rmSync(root, {recursive: true, force: true});
  });

  /** Puts a release's files and manifest there, as an upload does; the answer is its hash. */
  async function upload(source: string, other: Partial<Manifest> = {}): Promise<string> {
    const manifest = manifestOf([fileEntry('server.mjs', source)], {
      process: {...PROCESS, command: ['node', 'server.mjs'], ready: 'any', health: {type: 'tcp'}, stabilityMs: 0},
      ...other,
    });
    const file = path.join(root, 'upload');
    writeFileSync(file, source);
    await releases.objects.put(createReadStream(file), sha256Of(source), Buffer.byteLength(source));
    return releases.manifests.add(manifestBytes(manifest));
  }
  const uploadServer = (text: string, other?: Partial<Manifest>): Promise<string> => upload(serverOf(text), other);

  async function finish({id}: JobSummary): Promise<JobResult & {readonly events: readonly JobEvent[]}> {
    const events: JobEvent[] = [];
    const result = await jobs.follow(id, 0, event => events.push(event), new AbortController().signal);
    return {...result, events};
  }
  const deploy = async (hash: string, runsReleaseCommand = true, secrets?: string | null) =>
    finish(await deploys.deploy(hash, 'me@laptop', runsReleaseCommand, secrets));
  const rollback = async (release: string | null = null) => finish(await deploys.rollback(SHOP, release, 'me@laptop'));

  /** What a request would be answered, waking the app where that is needed. */
  async function ask(): Promise<string> {
    const {host, port} = deployments.findUpstream(KEY) ?? (await deployments.activate(KEY));
    return (await fetch(`http://${host}:${port}/`)).text();
  }
  return {
    ...{root, state, releases, supervisor, deployments, vault, deploys, jobs, said, published, commands, close},
    ...{upload, uploadServer, deploy, rollback, ask},
  };
}
