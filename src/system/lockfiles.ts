/** A program that installs the packages of a package.json. */
export type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'bun';

/** The lockfiles of package managers, and whose each of them is; where several are in one folder, the first counts. */
export const LOCKFILES: ReadonlyMap<string, PackageManager> = new Map([
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
]);
