import {copyFileSync, cpSync, mkdirSync, readFileSync, realpathSync} from 'node:fs';
import path from 'node:path';
import type {Vps} from './vps.js';

// The command as `npm install --global` leaves it, on a machine that has neither npm nor node.

const REPOSITORY = path.resolve(import.meta.dirname, '../../..');

/** Where it is there; beside it is the program that runs it. */
export const TAKO_FOLDER = '/opt/tako-cli';

/** What runs the command there: `${TAKO} setup --yes`. */
export const TAKO = `${TAKO_FOLDER}/node --disable-warning=ExperimentalWarning ${TAKO_FOLDER}/dist/cli.js`;

/** Copies the build, its templates and what it depends on, for every user to run. */
export function copyTako({pid}: Vps): void {
  const folder = path.join(`/proc/${pid}/root`, TAKO_FOLDER);
  mkdirSync(folder, {recursive: true});
  for (const part of ['dist', 'templates', 'package.json']) {
    cpSync(path.join(REPOSITORY, part), path.join(folder, part), {recursive: true});
  }
  for (const name of dependencies()) {
    cpSync(realpathSync(path.join(REPOSITORY, name)), path.join(folder, name), {recursive: true});
  }
  copyFileSync(process.execPath, path.join(folder, 'node'));
}

/** Where the lock file has the packages that are not for development alone: `node_modules/zod`. */
function dependencies(): readonly string[] {
  const {packages} = JSON.parse(readFileSync(path.join(REPOSITORY, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, {readonly dev?: boolean; readonly optional?: boolean}>;
  };
  return Object.entries(packages).flatMap(([name, {dev, optional}]) =>
    name === '' || dev === true || optional === true || name.split('node_modules').length > 2 ? [] : [name],
  );
}
