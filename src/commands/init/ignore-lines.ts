// What git is told of `.tako`: the folder is tako's own on each machine, but for the secrets, which are encrypted and
// belong to the project, and what says how git merges them.

import path from 'node:path';
import {readTextIfExists} from '../../system/files.js';
import {createIgnoreRules} from '../../system/ignore-rules.js';

const REMARK = '# What tako keeps on this machine; its secrets are encrypted, and belong to the project.';
const LINES = ['.tako/*', '!.tako/secrets.json', '!.tako/.gitattributes'] as const;
/** git looks for no exception in a folder that is ignored itself (gitignore(5)). */
const NOT_THE_FOLDER = '!.tako/';

/** The .gitignore of a folder as it has to be. Undefined: it is so already, by this file or by one around it. */
export async function planIgnoreFile(directory: string): Promise<string | undefined> {
  const rules = createIgnoreRules(directory);
  const own = path.join(directory, '.tako');
  const isFolderIgnored = rules.ignores(own, true);
  const isKept = (file: string): boolean => !rules.ignores(path.join(own, file), false);
  const isWell = rules.ignores(path.join(own, 'data'), true) && ['secrets.json', '.gitattributes'].every(isKept);
  if (isWell) return undefined;
  const text = (await readTextIfExists(path.join(directory, '.gitignore'))) ?? '';
  return addLines(text, [REMARK, ...(isFolderIgnored ? [NOT_THE_FOLDER] : []), ...LINES]);
}

/** Behind what is there, which stays to the byte, with its ends of lines. */
function addLines(text: string, lines: readonly string[]): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const gap = text === '' ? '' : text.endsWith('\n') ? newline : newline + newline;
  return text + gap + lines.map(line => line + newline).join('');
}
