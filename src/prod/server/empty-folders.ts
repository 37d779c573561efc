import {rmdir} from 'node:fs/promises';
import path from 'node:path';
import type {DeploymentName} from '../../control/server-methods.js';
import {errorCode} from '../../system/error.js';

/** Removes what a deleted deployment leaves of folders; those that other environments of the app use stay. */
export async function removeEmptyFolders(root: string, {app, environment}: DeploymentName): Promise<void> {
  const [apps, logs] = [path.join(root, 'apps', app), path.join(root, 'logs', app)];
  const own = path.join(apps, environment);
  // The data folder is the app's user's: nobody else may look into it, but whose folder it is in may remove it.
  for (const folder of [path.join(own, 'data'), path.join(own, 'releases'), own, apps, logs]) {
    await rmdir(folder).catch(error => {
      if (!LEFT_ALONE.includes(errorCode(error) ?? '')) throw error;
    });
  }
}

/** Not there, or in use; `EEXIST` is what some file systems say of the latter. */
const LEFT_ALONE: readonly string[] = ['ENOENT', 'ENOTEMPTY', 'EEXIST'];
