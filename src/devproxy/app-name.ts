import {createHash} from 'node:crypto';
import path from 'node:path';

export type NamedProject = {readonly name: string; readonly directory: string; readonly configFile: string | null};

const MAX_NAME_LENGTH = 63;

/**
 * The name a project is registered under: its own, or, where another project has that, with its folder's name behind
 * it, or else with four characters that stay the same for this project.
 */
export function decideAppName(project: NamedProject, registered: readonly NamedProject[]): string {
  const isFree = (name: string): boolean =>
    registered.every(other => other.name !== name || isSameProject(other, project));
  const own = registered.find(other => isSameProject(other, project) && belongsTo(other.name, project.name));
  return own?.name ?? candidates(project).find(isFree) ?? project.name;
}

const isSameProject = (a: NamedProject, b: NamedProject): boolean =>
  a.directory === b.directory && a.configFile === b.configFile;

/** A name this project got when its own was taken; it keeps that for as long as it is registered. */
const belongsTo = (registered: string, wanted: string): boolean =>
  registered === wanted || registered.startsWith(`${wanted}-`);

function candidates({name, directory, configFile}: NamedProject): string[] {
  const folder = path
    .basename(directory)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  const hash = createHash('sha256')
    .update(`${directory}\0${configFile ?? ''}`)
    .digest('hex')
    .slice(0, 4);
  return [name, ...(folder && folder !== name ? [withSuffix(name, folder)] : []), withSuffix(name, hash)];
}

const withSuffix = (name: string, suffix: string): string =>
  `${name.slice(0, MAX_NAME_LENGTH - suffix.length - 1).replace(/-+$/, '')}-${suffix}`
    .slice(0, MAX_NAME_LENGTH)
    .replace(/-+$/, '');
