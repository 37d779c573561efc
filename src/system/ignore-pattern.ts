import path from 'node:path';
import ignore, {type Ignore} from 'ignore';
import {toMatchPath} from './file-paths.js';

/** An empty set of gitignore(5) patterns, to be asked about paths from the root of the file system. */
export const createPatternSet = (): Ignore => ignore({ignoreCase: hasCaselessFiles});

/** The systems whose file systems take `Dist` for `dist`, and where git does too. */
const hasCaselessFiles = process.platform === 'darwin' || process.platform === 'win32';

/** The patterns of a .gitignore file's text as seen from the root of the file system, for a file in `folder`. */
export function parseIgnoreFile(text: string, folder: string): string[] {
  return text
    .split(/\r?\n/)
    .filter(line => line.trim() !== '' && !line.startsWith('#'))
    .map(line => anchorPattern(line, folder));
}

/** The same pattern seen from the root of the file system: one without a slash matches at any depth of `folder`. */
export function anchorPattern(line: string, folder: string): string {
  const isNegated = line.startsWith('!');
  const body = line.slice(isNegated ? 1 : 0).replace(/^\\(?=[!#])/, '');
  const isRelative = /\/./.test(body);
  const prefix = escapePattern(toMatchPath(folder));
  const whole = path.posix.normalize(`/${prefix}/${isRelative ? '' : '**/'}${body}`);
  return isNegated ? `!${whole}` : whole;
}

/** A path as a pattern that matches only that path. */
export const escapePattern = (text: string): string => text.replace(/[\\*?[\]]/g, '\\$&');
