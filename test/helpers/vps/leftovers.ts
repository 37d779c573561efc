import {existsSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {removeCgroups} from './cgroups.js';

// A machine is named after the process that started it. When that is killed, the machine removes itself; what only
// stays when that was killed too, the next start takes away.

const PREFIX = 'tako-vps-';

/** A name that no other machine of this system has; it also is the name of its folder and its cgroups. */
export const machineId = (random: string): string => `${PREFIX}${process.pid}-${random}`;

export const folderOf = (id: string): string => path.join(tmpdir(), id);

/** Removes folders and cgroups of machines whose process is gone, and that nobody is about to remove. */
export function removeLeftovers(): void {
  for (const id of readdirSync(tmpdir()).filter(isAbandoned)) {
    try {
      removeCgroups(id);
      rmSync(folderOf(id), {recursive: true, force: true});
    } catch {
      // Its last processes are still ending; the next start finds it.
    }
  }
}

function isAbandoned(entry: string): boolean {
  const pid = entry.startsWith(PREFIX) ? entry.slice(PREFIX.length).split('-')[0] : undefined;
  return pid !== undefined && !existsSync(`/proc/${pid}`);
}
