import {cpSync, existsSync, mkdtempSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {run} from '../../src/system/exec.js';

const EXAMPLES = path.resolve(import.meta.dirname, '../../examples/deploy');
const INSTALL_TIMEOUT_MS = 120_000;

/** An app of examples/deploy in a folder of its own. */
export type Example = {
  readonly folder: string;
  read(file: string): string;
  write(file: string, text: string): void;
  /** Writes the file with that part of it replaced. */
  edit(file: string, before: string, after: string): void;
};

/** Copies the app into a new folder in that one, with what it depends on installed as its user would. */
export async function openExample(name: string, parent: string): Promise<Example> {
  const folder = mkdtempSync(path.join(parent, `${name}-`));
  cpSync(path.join(EXAMPLES, name), folder, {recursive: true});
  if (existsSync(path.join(folder, 'package-lock.json'))) {
    const args = ['ci', '--prefix', folder, '--prefer-offline', '--no-audit', '--no-fund'];
    const {exitCode, stderr} = await run({file: 'npm', args}, {timeoutMs: INSTALL_TIMEOUT_MS});
    if (exitCode !== 0) throw new Error(`npm ci of ${name}: ${stderr}`);
  }
  return exampleAt(folder);
}

/** The app in a folder that is there already. */
export function exampleAt(folder: string): Example {
  const read = (file: string): string => readFileSync(path.join(folder, file), 'utf8');
  const write = (file: string, text: string): void => writeFileSync(path.join(folder, file), text);
  return {
    folder,
    read,
    write,
    edit(file, before, after) {
      const text = read(file);
      if (!text.includes(before)) throw new Error(`${file} has no ${JSON.stringify(before)}`);
      write(file, text.replaceAll(before, after));
    },
  };
}
