import {createHash} from 'node:crypto';
import path from 'node:path';

export type NamedProject = {readonly name: string; readonly directory: string; readonly configFile: string | null};

const MAX_NAME_LENGTH = 63;
/** Of a folder's name behind the app's own, so that enough of that is left. */
const MAX_FOLDER_LENGTH = 24;

/**
 * The name a project is registered under: its own, or, where another project has that, with its folder's name behind
 * it, or else with four characters that stay the same for this project. A project that got one of these before keeps
 * it for as long as it is registered.
 */
export function decideAppName(project: NamedProject, registered: readonly NamedProject[]): string {
  const names = candidates(project);
  const own = registered.find(other => isSameProject(other, project) && names.includes(other.name));
  const isFree = (name: string): boolean =>
    registered.every(other => other.name !== name || isSameProject(other, project));
  return own?.name ?? names.find(isFree) ?? project.name;
}

const isSameProject = (a: NamedProject, b: NamedProject): boolean =>
  a.directory === b.directory && a.configFile === b.configFile;

function candidates({name, directory, configFile}: NamedProject): string[] {
  const folder = path
    .basename(directory)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_FOLDER_LENGTH)
    .replace(/^-+|-+$/g, '');
  const hash = createHash('sha256')
    .update(`${directory}\0${configFile ?? ''}`)
    .digest('hex')
    .slice(0, 4);
  return [name, ...(folder && folder !== name ? [withSuffix(name, folder)] : []), withSuffix(name, hash)];
}

const withSuffix = (name: string, suffix: string): string =>
  `${name.slice(0, MAX_NAME_LENGTH - suffix.length - 1).replace(/-+$/, '')}-${suffix}`;
