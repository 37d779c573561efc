// Starts processes of deployments through the holder: as the deployment's own user, each in a control group of its own.

import type {DeploymentName} from '../../control/server-methods.js';
import type {LaunchSpec} from '../../supervisor/launch-spec.js';
import type {SpawnedApp} from '../../supervisor/spawn.js';
import type {AppPlace, Holder} from '../holder/holder-client.js';
import type {ResourceLimits} from '../releases/manifest.js';
import {deploymentKey} from './instance-name.js';
import type {LaunchPlace} from './launch.js';
import type {LoadedRelease} from './loaded-release.js';

export type AppSpawner = {
  /** Starts a process of a deployment whose place was asked for before. */
  spawn(spec: LaunchSpec, instanceId: string): Promise<SpawnedApp>;
  /** The same for one that ends with this server process. */
  spawnOnce(spec: LaunchSpec, instanceId: string): Promise<SpawnedApp>;
  /** The user and folders of a deployment, made where they are not there yet. */
  placeOf(name: DeploymentName, token: string): Promise<LaunchPlace>;
  /** What each process of the release, also a command that is run once, may use from now on. */
  setLimits(deployment: string, release: LoadedRelease): void;
};

const NO_LIMITS: ResourceLimits = {memoryBytes: null, processes: null, openFiles: null};

export function createAppSpawner(holder: Pick<Holder, 'spawnApp' | 'prepare'>): AppSpawner {
  const places = new Map<string, AppPlace>();
  /** By the name of an instance without its number. */
  const limits = new Map<string, ResourceLimits>();
  function spawn(spec: LaunchSpec, instanceId: string, isHandedOver: boolean): Promise<SpawnedApp> {
    const [release = ''] = spec.app.split('#', 1);
    const [deployment = ''] = release.split('@', 1);
    const user = places.get(deployment)?.user;
    const isolation = {
      uid: user?.uid,
      gid: user?.gid,
      cgroup: `app-${instanceId}`,
      limits: limits.get(release) ?? NO_LIMITS,
    };
    return holder.spawnApp(spec, instanceId, isolation, {isHandedOver});
  }
  return {
    spawn: (spec, instanceId) => spawn(spec, instanceId, true),
    spawnOnce: (spec, instanceId) => spawn(spec, instanceId, false),
    async placeOf(name, token) {
      const deployment = deploymentKey(name);
      const place = await holder.prepare(deployment);
      places.set(deployment, place);
      return {deployment, dataFolder: place.dataFolder, nodeFile: process.execPath, token};
    },
    setLimits: (deployment, {id, manifest}) =>
      void limits.set(`${deployment}@${id}`, manifest.process?.limits ?? NO_LIMITS),
  };
}
