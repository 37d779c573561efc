// Users of the system that apps run as, one per deployment: what belongs to one app is not another's. They are made with
// useradd, so that ps and ls show a name and nobody else is given the number. Where there is no useradd, they are numbers.

import {createHash} from 'node:crypto';
import path from 'node:path';
import {TakoError} from '../../system/error.js';
import type {Run} from '../../system/exec.js';
import {readTextIfExists, writeFileAtomic} from '../../system/files.js';
import type {User} from './isolation.js';
import {DEPLOYMENT} from './protocol.js';

export type AppUsers = {
  /** The user of a deployment such as `shop/production`, always the same; undefined where all is one user's. */
  ensure(deployment: string): Promise<User | undefined>;
  /** All that have been given out. */
  all(): readonly User[];
};

/**
 * Above what is given to people (60000, login.defs) and to containers' and systemd's dynamic users (up to 65535), below
 * what user namespaces are given from (100000, subuid).
 */
const FIRST_NUMBER = 70_000;
const LAST_NUMBER = 99_999;

/** Far more apps than a server has. Without an end, who has taken over the server process could fill the system's list. */
const MAX_USERS = 1_000;

const FILE = 'users.json';

/** Users as of a file in `folder`, which is root's. `isRoot` false: none. */
export async function createAppUsers(folder: string, isRoot: boolean, run: Run): Promise<AppUsers> {
  if (!isRoot) return {ensure: async () => undefined, all: () => []};
  const file = path.join(folder, FILE);
  const users = parseUsers(await readTextIfExists(file));
  const pending = new Map<string, Promise<User>>();
  let queue: Promise<unknown> = Promise.resolve();

  async function make(deployment: string): Promise<User> {
    const known = users.get(deployment);
    if (known) return known;
    if (users.size >= MAX_USERS) throw new Error(`there are ${users.size} users for apps already`);
    const taken = new Set([...users.values()].map(({uid}) => uid));
    const user = (await makeNamed(userNameOf(deployment), run)) ?? freeNumber(taken);
    users.set(deployment, user);
    await writeFileAtomic(file, `${JSON.stringify(Object.fromEntries(users), null, 2)}\n`);
    return user;
  }
  return {
    ensure: deployment => {
      const known = pending.get(deployment);
      if (known) return known;
      // One after the other: they choose numbers, and write the same file.
      const making = queue.then(() => make(deployment));
      queue = making.catch(() => pending.delete(deployment));
      pending.set(deployment, making);
      return making;
    },
    all: () => [...users.values()],
  };
}

/** The same for the same deployment on every server. A name may have 32 characters (useradd(8)). */
export const userNameOf = (deployment: string): string =>
  `tako-${createHash('sha256').update(deployment).digest('hex').slice(0, 12)}`;

/** Undefined where users are not made like this. */
async function makeNamed(name: string, run: Run): Promise<User | undefined> {
  const existing = await findUser(name, run);
  if (existing) return existing;
  const args = [
    '--system',
    '--user-group',
    '--no-create-home',
    '--home-dir',
    '/nonexistent',
    '--shell',
    NO_LOGIN,
    name,
  ];
  try {
    await run({file: 'useradd', args});
  } catch (error) {
    if (error instanceof TakoError && error.code === 'TOOL_MISSING') return undefined;
    throw error;
  }
  // What counts is whether it is there: two may have made it at the same time.
  return findUser(name, run);
}

const NO_LOGIN = '/usr/sbin/nologin';

async function findUser(name: string, run: Run): Promise<User | undefined> {
  const [uid, gid] = await Promise.all([numberOf('-u', name, run), numberOf('-g', name, run)]);
  return uid === undefined || gid === undefined ? undefined : {uid, gid};
}

async function numberOf(which: '-u' | '-g', name: string, run: Run): Promise<number | undefined> {
  const {exitCode, stdout} = await run({file: 'id', args: [which, name]});
  const number = Number(stdout.trim());
  return exitCode === 0 && isForApps(number) ? number : undefined;
}

function freeNumber(taken: ReadonlySet<number>): User {
  for (let number = FIRST_NUMBER; number <= LAST_NUMBER; number++) {
    if (!taken.has(number)) return {uid: number, gid: number};
  }
  throw new Error('there are no numbers left for users of apps');
}

/** A file that says otherwise is not one of ours, and to start with none would give apps each other's files. */
function parseUsers(text: string | undefined): Map<string, User> {
  if (text === undefined) return new Map();
  const entries = Object.entries(JSON.parse(text) as Record<string, User>);
  for (const [deployment, {uid, gid}] of entries) {
    if (!DEPLOYMENT.test(deployment) || !isForApps(uid) || !isForApps(gid)) {
      throw new Error(`the file of app users has an entry that is none: ${deployment}`);
    }
  }
  return new Map(entries.map(([deployment, {uid, gid}]) => [deployment, {uid, gid}]));
}

const isForApps = (number: unknown): boolean => Number.isSafeInteger(number) && (number as number) > 0;
