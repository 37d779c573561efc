import type {Project} from '../config/load-project.js';
import {loadWorkspaceApp, readSurroundings} from './selection.js';

/**
 * The projects that these depend on, directly or not, and that are not among them: those of the same workspace, each once.
 * What is not in it may be registered from elsewhere; the daemon finds out. Throws what reading a project throws.
 */
export async function findNeeded(projects: readonly Project[]): Promise<readonly Project[]> {
  const found = [...projects];
  // What is added meanwhile is looked at too.
  for (const project of found) {
    if (project.config.dependsOn.length === 0) continue;
    const {apps} = await readSurroundings(project.directory);
    const own = new Set(found.map(({config}) => config.name));
    const missing = apps.filter(({name}) => project.config.dependsOn.includes(name) && !own.has(name));
    found.push(...(await Promise.all(missing.map(loadWorkspaceApp))));
  }
  return found.slice(projects.length);
}
