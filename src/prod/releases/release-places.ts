import path from 'node:path';
import {environmentName, isAppName} from '../../config/value.js';
import type {DeploymentName} from '../../control/server-methods.js';
import {TakoError} from '../../system/error.js';
import {isSha256} from './sha256.js';

/** Where releases are, below the server's root folder. */
export type ReleasePlaces = {
  readonly objects: string;
  readonly manifests: string;
  manifest(hash: string): string;
  /** Of all releases of a deployment. */
  releases(deployment: DeploymentName): string;
  /** Of one release: `tree` and the marker are in it. */
  release(deployment: DeploymentName, id: string): string;
};

export const TREE = 'tree';
/** Written last: it says that the tree is whole, and holds the hash of its manifest. */
export const MARKER = 'prepared';

export function releasePlaces(root: string): ReleasePlaces {
  const manifests = path.join(root, 'manifests');
  const releases = ({app, environment}: DeploymentName): string => {
    // Whoever asks has checked them; a name that could leave the folder must not get here.
    if (!isAppName(app) || !environmentName.isValid(environment))
      throw new TypeError(`not names: ${app}, ${environment}`);
    return path.join(root, 'apps', app, environment, 'releases');
  };
  return {
    objects: path.join(root, 'objects'),
    manifests,
    manifest: hash => {
      if (!isSha256(hash)) throw manifestMissing(hash);
      return path.join(manifests, hash);
    },
    releases,
    release: (deployment, id) => {
      if (!isReleaseId(id)) throw new TypeError(`not the id of a release: ${id}`);
      return path.join(releases(deployment), id);
    },
  };
}

/** The twelve hexadecimal digits that `releaseId` makes. */
export const isReleaseId = (name: string): boolean => /^[0-9a-f]{12}$/.test(name);

export const manifestMissing = (hash: string): TakoError =>
  new TakoError('MANIFEST_MISSING', `the server has no manifest ${hash.slice(0, 12)}`, {
    hint: 'deploy again: it is sent first',
  });
