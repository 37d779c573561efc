// `tako-server hold`: what systemd, or the start script, keeps running.

import {realpath} from 'node:fs/promises';
import path from 'node:path';
import {TakoError} from '../../system/error.js';
import {run} from '../../system/exec.js';
import {runHolder} from '../holder/holder.js';
import type {User} from '../holder/isolation.js';
import type {ListenerSpec} from '../holder/listening-sockets.js';
import {type Installation, loadInstallation} from '../remote/install/installation.js';
import {installationNames} from '../remote/install/layout.js';

/** Every address, in both families. */
const ADDRESSES = ['0.0.0.0', '::'] as const;

/**
 * Runs the holder until it is told to end. Resolves with the exit code. It starts the server by the launcher, which is that
 * of the current version: after an upgrade, the next server process is the new one, and so is the holder itself before it.
 * `program` is the folder of the version that runs.
 */
export async function hold(root: string, program: string): Promise<number> {
  const installation = await loadInstallation(root);
  const user = await serviceUser(installation);
  const launcher = path.join(root, 'bin', 'tako-server');
  await runHolder({
    root,
    cgroupName: installationNames(root).unit,
    listeners: listenersOf(installation),
    server: {
      command: [launcher, 'serve'],
      directory: root,
      environment: process.env,
      user,
    },
    successor: {
      isWanted: async () => (await realpath(path.join(root, 'current'))) !== path.resolve(program),
      command: [launcher, 'hold'],
      carrier: [launcher, 'carry'],
    },
  });
  return 0;
}

const listenersOf = ({httpPort, httpsPort}: Installation): readonly ListenerSpec[] =>
  ADDRESSES.flatMap(host => [
    {name: 'http', host, port: httpPort},
    {name: 'https', host, port: httpsPort},
  ]);

/** Undefined where everything is one user's. */
async function serviceUser({user}: Installation): Promise<User | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  if (user === null)
    throw new TakoError('SERVICE_USER', 'the server must not run as root, and server.json names no user');
  return {uid: await idOf('-u', user), gid: await idOf('-g', user)};
}

async function idOf(flag: '-u' | '-g', user: string): Promise<number> {
  const {exitCode, stdout} = await run({file: 'id', args: [flag, user]});
  const id = Number(stdout.trim());
  if (exitCode === 0 && Number.isSafeInteger(id) && id > 0) return id;
  throw new TakoError('SERVICE_USER', `there is no user ${user} for the server to run as`, {
    hint: '"tako servers add" with the same address makes it again',
  });
}
