import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {errorCode} from '../../system/error.js';
import {updatedHosts} from './hosts-names.js';

/**
 * Keeps tako's block in the hosts file in step with these names, where `tako setup` has put one there: `written`. Where this
 * user may not write it, `denied`. At once, so that a name is found when its app is told to be there.
 */
export function updateHostsFile(file: string, names: readonly string[]): 'same' | 'written' | 'denied' {
  try {
    const target = realpathSync(file);
    const updated = updatedHosts(readFileSync(target, 'utf8'), names);
    if (updated === undefined) return 'same';
    replace(target, updated);
    return 'written';
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'same';
    if (DENIED.includes(errorCode(error) ?? '')) return 'denied';
    throw error;
  }
}

const DENIED: readonly string[] = ['EACCES', 'EPERM', 'EROFS'];

/** Whoever reads it, or a crash, finds the old or the new; what is mounted, as in a container, is written in its place. */
function replace(file: string, text: string): void {
  const {mode, uid, gid} = statSync(file);
  // A new file would be somebody else's than the old one.
  if (uid === process.getuid?.() && gid === process.getgid?.()) replaceAtOnce(file, text, mode & 0o7777);
  else writeFileSync(file, text);
}

function replaceAtOnce(file: string, text: string, mode: number): void {
  const draft = `${file}.tako-new`;
  try {
    writeFileSync(draft, text);
    chmodSync(draft, mode);
    sync(draft);
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, {force: true});
    if (errorCode(error) !== 'EBUSY') throw error;
    writeFileSync(file, text);
  }
}

function sync(file: string): void {
  const descriptor = openSync(file, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
