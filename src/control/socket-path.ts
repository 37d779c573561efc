import {createHash} from 'node:crypto';
import {lstatSync} from 'node:fs';
import path from 'node:path';
import {TakoError} from '../system/error.js';

/** The shortest of the systems' limits (macOS: 104 bytes with the final NUL, Linux: 108). */
const MAX_SOCKET_PATH_BYTES = 103;

/**
 * Where the daemon of this data folder listens: in the folder itself, or, where that is too deep for a socket's name,
 * in a private folder of /tmp: not of TMPDIR, which differs between terminals that are to find the same daemon.
 */
export function socketPathFor(dataFolder: string): string {
  const direct = path.join(dataFolder, 'run', 'control.sock');
  if (Buffer.byteLength(direct) <= MAX_SOCKET_PATH_BYTES) return direct;
  const hash = createHash('sha256').update(dataFolder).digest('hex').slice(0, 16);
  return path.join('/tmp', `tako-${process.getuid?.() ?? 0}-${hash}`, 'control.sock');
}

/** Throws SOCKET_FOREIGN when another user made the socket's folder: environments cross it, and are not for him. */
export function assertOwnSocket(socketPath: string): void {
  const folder = path.dirname(socketPath);
  const info = lstatSync(folder, {throwIfNoEntry: false});
  if (!info || (info.isDirectory() && info.uid === process.getuid?.())) return;
  throw new TakoError('SOCKET_FOREIGN', `${folder}, where the daemon listens, belongs to another user`, {
    hint: 'run tako as the user who started the daemon, or delete that folder',
  });
}
