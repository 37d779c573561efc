import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import type {Vps} from './vps.js';

/** What a server with tako has of the deployment shop/production, on its disk and in its memory. */
export type ServerView = {
  readonly deployments: readonly {readonly app: string; readonly scale: number; readonly is_stopped: number}[];
  /** Last deployed first. */
  readonly releases: readonly {readonly id: string; readonly state: string}[];
  readonly routes: readonly {readonly host: string; readonly path: string; readonly app: string}[];
  /** Those under way. */
  readonly jobs: readonly {readonly id: string; readonly kind: string; readonly step: string}[];
  readonly apps: readonly AppProcess[];
  readonly holders: readonly number[];
  readonly servers: readonly number[];
  /** What laptops are connected by. */
  readonly connections: readonly number[];
  /** Releases that are whole on the disk. */
  readonly whole: readonly string[];
  /** Names of what nobody needs: half releases, temporary files, sockets of processes that have gone. */
  readonly leftovers: readonly string[];
  /** Names of the control groups of apps. */
  readonly groups: readonly string[];
};

/** A process of a user that apps run as; `release` is what its environment says. */
export type AppProcess = {
  readonly pid: number;
  readonly user: number;
  readonly release: string;
  readonly words: string;
};

const SCRIPT = readFileSync(path.join(import.meta.dirname, 'server-view.mjs'), 'utf8');
const PLACE = '/root/server-view.mjs';

/** Puts the script that looks onto the server. */
export async function installServerView(vps: Vps): Promise<void> {
  const {exitCode, stderr} = await vps.run(`cat >${PLACE} <<'END_OF_SCRIPT'\n${SCRIPT}\nEND_OF_SCRIPT`);
  assert.equal(exitCode, 0, stderr);
}

/** Looks. Throws while there is nothing to look at. */
export async function readServerView(vps: Vps): Promise<ServerView> {
  const {exitCode, stdout, stderr} = await vps.run(`/opt/tako/current/node --no-warnings ${PLACE}`);
  assert.equal(exitCode, 0, stderr);
  return JSON.parse(stdout) as ServerView;
}
