import {readFileSync} from 'node:fs';

/** The version of this package, as published. */
export function readVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  const {version} = JSON.parse(readFileSync(file, 'utf8')) as {version: string};
  return version;
}

/** Negative when `a` is older than `b`, positive when newer; a pre-release is older than its release (semver.org, 11). */
export function compareVersions(a: string, b: string): number {
  const [coreA = '', preA] = split(a);
  const [coreB = '', preB] = split(b);
  const byCore = compareParts(coreA.split('.'), coreB.split('.'));
  if (byCore !== 0 || preA === preB) return byCore;
  if (preA === undefined || preB === undefined) return preA === undefined ? 1 : -1;
  return compareParts(preA.split('.'), preB.split('.'));
}

const split = (version: string): [string, string | undefined] => {
  const [core = '', ...pre] = (version.split('+')[0] ?? '').split('-');
  return [core, pre.length > 0 ? pre.join('-') : undefined];
};

function compareParts(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [left, right] = [a[index], b[index]];
    if (left === right) continue;
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    const numbers = [left, right].every(part => /^\d+$/.test(part));
    return numbers ? Number(left) - Number(right) : left < right ? -1 : 1;
  }
  return 0;
}
