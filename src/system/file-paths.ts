import path from 'node:path';

/** Whether `file` is `folder` or lies in it. Both absolute. */
export function contains(folder: string, file: string): boolean {
  return file === folder || file.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep);
}

/** An absolute path as pattern matching wants it: `home/me/app/a.ts`, whatever the system's separator is. */
export const toMatchPath = (file: string): string => withSlashes(file.slice(path.parse(file).root.length));

/** The path a user reads: relative to `directory`, with forward slashes. */
export const toRelativePath = (directory: string, file: string): string => withSlashes(path.relative(directory, file));

const withSlashes = (file: string): string => (path.sep === '/' ? file : file.replaceAll(path.sep, '/'));
