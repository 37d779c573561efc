// Users of the system that apps run as, one per deployment: what belongs to one app is not another's. They are made with
// useradd, so that ps and ls show a name and nobody else is given the number. Where there is no useradd, they are numbers.

import {createHash} from 'node:crypto';
import path from 'node:path';
import {TakoError} from '../../system/error.js';
import type {Run} from '../../system/exec.js';
import {readTextIfExists, writeFileAtomic} from '../../system/files.js';
import {createTurns} from '../releases/concurrently.js';
import type {User} from './isolation.js';
import {DEPLOYMENT} from './protocol.js';

export type AppUsers = {
  /** The user of a deployment such as `shop/production`, always the same; undefined where all is one user's. */
  ensure(deployment: string): Promise<User | undefined>;
  /** All that have been given out. */
  all(): readonly User[];
  /** Removes the user of a deployment, of whom no process may run. Throws USER_NOT_REMOVED; it is there still then. */
  remove(deployment: string): Promise<void>;
};

export type AppUsersOptions = {
  /** Root's own, in which the list of them is kept. */
  readonly folder: string;
  /** That of the installation: another one has users of its own. */
  readonly root: string;
  /** False: there are none. */
  readonly isRoot: boolean;
  readonly run: Run;
};

/**
 * Above what is given to people (60000, login.defs) and to containers' and systemd's dynamic users (up to 65535), below
 * what user namespaces are given from (100000, subuid).
 */
const FIRST_NUMBER = 70_000;

/** Far more apps than a server has. Without an end, who has taken over the server process could fill the system's list. */
const MAX_USERS = 1_000;

/** An installation's numbers are one of so many parts, after its folder. */
const PARTS = 30;

const FILE = 'users.json';

export async function createAppUsers({folder, root, isRoot, run}: AppUsersOptions): Promise<AppUsers> {
  if (!isRoot) return {ensure: async () => undefined, all: () => [], remove: async () => undefined};
  const file = path.join(folder, FILE);
  const users = parseUsers(await readTextIfExists(file));
  const pending = new Map<string, Promise<User>>();
  const inTurn = createTurns();
  const write = (): Promise<void> => writeFileAtomic(file, `${JSON.stringify(Object.fromEntries(users), null, 2)}\n`);

  async function make(deployment: string): Promise<User> {
    const known = users.get(deployment);
    if (known) return known;
    if (users.size >= MAX_USERS) throw new Error(`there are ${users.size} users for apps already`);
    const taken = new Set([...users.values()].map(({uid}) => uid));
    const home = path.join(root, 'apps', deployment, 'data');
    const user = (await makeNamed(userNameOf(root, deployment), home, run)) ?? freeNumber(root, taken);
    users.set(deployment, user);
    await write();
    return user;
  }
  return {
    ensure: deployment => {
      const known = pending.get(deployment);
      if (known) return known;
      // One after the other: they choose numbers, and write the same file.
      const making = inTurn(() => make(deployment));
      making.catch(() => pending.delete(deployment));
      pending.set(deployment, making);
      return making;
    },
    all: () => [...users.values()],
    remove: deployment =>
      inTurn(async () => {
        if (!users.has(deployment)) return;
        await removeNamed(userNameOf(root, deployment), run);
        users.delete(deployment);
        pending.delete(deployment);
        await write();
      }),
  };
}

/** The same for the same deployment in the same folder on every server. A name may have 32 characters (useradd(8)). */
export const userNameOf = (root: string, deployment: string): string =>
  `tako-${hashOf(`${root}:${deployment}`).slice(0, 12)}`;

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Undefined where users are not made like this. */
async function makeNamed(name: string, home: string, run: Run): Promise<User | undefined> {
  const existing = await findUser(name, run);
  if (existing) return existing;
  const {isThere} = await runFirst(makers(name, home), run);
  // What counts is whether it is there: two may have made it at the same time.
  return isThere ? findUser(name, run) : undefined;
}

/** As it is done with the tools of most systems, else with those of busybox (Alpine). The home is where its removal finds it. */
const makers = (name: string, home: string): readonly Command[][] => [
  [['useradd', '--system', '--user-group', '--no-create-home', '--home-dir', home, '--shell', NO_LOGIN, name]],
  [
    ['addgroup', '-S', name],
    ['adduser', '-S', '-D', '-H', '-h', home, '-s', '/sbin/nologin', '-G', name, name],
  ],
];

const removers = (name: string): readonly Command[][] => [[['userdel', name]], [['deluser', name]]];

const NO_LOGIN = '/usr/sbin/nologin';

type Command = readonly [file: string, ...args: string[]];

/** The first of these whose tools are there. */
async function runFirst(
  ways: readonly (readonly Command[])[],
  run: Run,
): Promise<{readonly isThere: boolean; readonly said: string}> {
  for (const way of ways) {
    try {
      let said = '';
      for (const [file, ...args] of way) said = (await run({file, args})).stderr;
      return {isThere: true, said};
    } catch (error) {
      if (!(error instanceof TakoError) || error.code !== 'TOOL_MISSING') throw error;
    }
  }
  return {isThere: false, said: ''};
}

/** One that is a number has nothing to be removed. */
async function removeNamed(name: string, run: Run): Promise<void> {
  if (!(await findUser(name, run))) return;
  const {said} = await runFirst(removers(name), run);
  if (!(await findUser(name, run))) return;
  throw new TakoError('USER_NOT_REMOVED', `the user ${name} could not be removed: ${said.trim()}`, {
    hint: 'the app is stopped; delete it again when nothing runs as that user any more',
  });
}

async function findUser(name: string, run: Run): Promise<User | undefined> {
  const [uid, gid] = await Promise.all([numberOf('-u', name, run), numberOf('-g', name, run)]);
  return uid === undefined || gid === undefined ? undefined : {uid, gid};
}

async function numberOf(which: '-u' | '-g', name: string, run: Run): Promise<number | undefined> {
  const {exitCode, stdout} = await run({file: 'id', args: [which, name]});
  const number = Number(stdout.trim());
  return exitCode === 0 && isForApps(number) ? number : undefined;
}

function freeNumber(root: string, taken: ReadonlySet<number>): User {
  const first = FIRST_NUMBER + (Number.parseInt(hashOf(root).slice(0, 8), 16) % PARTS) * MAX_USERS;
  for (let number = first; ; number++) if (!taken.has(number)) return {uid: number, gid: number};
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
