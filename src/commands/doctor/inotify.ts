import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {type Finding, fine, warning} from './finding.js';
import type {DoctorWorld} from './machine-world.js';

/** What the system allows a user, and what this one's programs use of it, as far as they may be looked at. */
export type InotifyFacts = {
  readonly watches: Use;
  readonly instances: Use;
};

type Use = {readonly used: number; readonly limit: number};

/** Undefined where there is no inotify. */
export async function readInotify({root}: DoctorWorld): Promise<InotifyFacts | undefined> {
  const folder = path.join(root, 'proc/sys/fs/inotify');
  const [watches, instances] = await Promise.all(
    ['max_user_watches', 'max_user_instances'].map(async file =>
      Number(await readFile(path.join(folder, file), 'utf8').catch(() => Number.NaN)),
    ),
  );
  if (!watches || !instances) return undefined;
  const used = await readUse(path.join(root, 'proc'));
  return {
    watches: {used: used.reduce((sum, count) => sum + count, 0), limit: watches},
    instances: {used: used.length, limit: instances},
  };
}

/** For each inotify instance how many watches it has: a line each in its fdinfo (proc_pid_fdinfo(5)). */
async function readUse(proc: string): Promise<readonly number[]> {
  const pids = (await readdir(proc).catch(() => [])).filter(entry => /^\d+$/.test(entry));
  const counts: number[] = [];
  // One process after the other: as many open files as processes could be more than we may have.
  for (const pid of pids) {
    const folder = path.join(proc, pid, 'fdinfo');
    const infos = await Promise.all(
      (await readdir(folder).catch(() => [])).map(file => readFile(path.join(folder, file), 'utf8').catch(() => '')),
    );
    counts.push(...infos.map(info => info.match(/^inotify wd:/gm)?.length ?? 0).filter(count => count > 0));
  }
  return counts;
}

/** From here on the next large project may not fit. */
const NEARLY = 0.9;

export function checkInotify(facts: InotifyFacts | undefined): readonly Finding[] {
  if (!facts) return [];
  const {watches, instances} = facts;
  const findings = [
    ...describeUse('file watches', watches, 'sudo sysctl fs.inotify.max_user_watches=524288'),
    ...describeUse('watchers of files', instances, 'sudo sysctl fs.inotify.max_user_instances=1024'),
  ];
  if (findings.length > 0) return findings;
  return [
    fine(
      'inotify',
      `${watches.used} of ${watches.limit} file watches are used, by ${instances.used} of ${instances.limit} watchers`,
    ),
  ];
}

const describeUse = (what: string, {used, limit}: Use, fix: string): readonly Finding[] =>
  used < limit * NEARLY ? [] : [warning('inotify', `${used} of ${limit} ${what} are used`, fix)];
