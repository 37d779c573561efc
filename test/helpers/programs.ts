import {existsSync, mkdirSync, symlinkSync} from 'node:fs';
import path from 'node:path';

/** Where a program of this machine is; undefined where it is not. */
export function findProgram(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return folders.map(folder => path.join(folder, name)).find(existsSync);
}

/** A PATH with these programs, of those that there are, and no others. `folder` is where it is made. */
export function pathWith(folder: string, ...names: readonly string[]): string {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  for (const name of names) {
    const program = findProgram(name);
    if (program !== undefined) symlinkSync(program, path.join(bin, name));
  }
  return bin;
}
