import {mkdirSync} from 'node:fs';
import {enableCompileCache} from 'node:module';
import {homedir} from 'node:os';
import path from 'node:path';
import {PRIVATE_FOLDER} from '../system/files.js';
import {resolvePaths} from '../system/paths.js';

/**
 * Keeps compiled code between runs, which halves the start of a command. In the user's own cache: node's default is in
 * the folder for temporary files, where another user could have put code of theirs first.
 */
export function useCompileCache(): void {
  try {
    const folder = path.join(resolvePaths(process.env, process.platform, homedir()).cache, 'compiled');
    mkdirSync(folder, {recursive: true, mode: PRIVATE_FOLDER});
    enableCompileCache(folder);
  } catch {
    // A cache that cannot be had costs a moment, nothing else.
  }
}
