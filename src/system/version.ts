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
    const [isNumber, isOtherNumber] = [isNumeric(left), isNumeric(right)];
    // A number is older than a word: 1.0.0-2 comes before 1.0.0-1a.
    if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
    return isNumber ? Number(left) - Number(right) : left < right ? -1 : 1;
  }
  return 0;
}

const isNumeric = (part: string): boolean => /^\d+$/.test(part);
