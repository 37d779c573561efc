import {readdir, readFile, realpath} from 'node:fs/promises';
import path from 'node:path';
import {withoutBlock} from '../../system/changes/change.js';
import type {MachineWorld} from './machine-plan.js';

/** The first line of each file that is all tako's. */
export const OWN_HEADER = '# written by "tako setup"; "tako setup --undo" takes it away';

/** Whether tako wrote the file, or a block in it. */
export const isOwnText = (text: string): boolean => text.startsWith(OWN_HEADER) || withoutBlock(text) !== text;

/** Files of the machine as its root has them. What cannot be read is as if it were not there. */
export type MachineFiles = {
  text(file: string): Promise<string | undefined>;
  /** Names in a folder, sorted; none where there is no folder. */
  names(folder: string): Promise<readonly string[]>;
  exists(file: string): Promise<boolean>;
};

export function machineFiles({root = '/'}: Pick<MachineWorld, 'root'>): MachineFiles {
  const at = (file: string): string => path.join(root, file);
  return {
    text: file => readFile(at(file), 'utf8').catch(() => undefined),
    names: folder =>
      readdir(at(folder)).then(
        names => names.sort(),
        () => [],
      ),
    exists: file =>
      realpath(at(file)).then(
        () => true,
        () => false,
      ),
  };
}
