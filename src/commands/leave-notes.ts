// What is said when `tako dev` is left.

import type {Stay} from '../control/protocol.js';

/** `web, api and admin` */
export const listOf = (names: readonly string[]): string => new Intl.ListFormat('en-GB').format(names);

export const slowNote = (apps: readonly string[]): string =>
  `${listOf(apps)} ${apps.length > 1 ? 'are finishing their work' : 'is finishing its work'} …`;

export const backgroundNote = (apps: readonly string[]): string =>
  apps.length > 1
    ? `${listOf(apps)} go on in the background; "tako dev" attaches to them again, "tako stop NAME" stops one`
    : `${listOf(apps)} goes on in the background; "tako dev" attaches to it again, "tako stop ${listOf(apps)}" stops it`;

/** Why an app goes on. */
export function stayNote({name, because, by}: Stay): string {
  switch (because) {
    case 'used':
      return `${name} goes on: another terminal uses it`;
    case 'needed':
      return `${name} goes on: ${listOf(by)} ${by.length > 1 ? 'depend' : 'depends'} on it`;
    case 'ensured':
      return `${name} goes on, as "tako ensure" asked for it; "tako stop ${name}" stops it`;
  }
}
