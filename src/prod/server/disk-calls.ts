import {rm, statfs} from 'node:fs/promises';
import path from 'node:path';
import type {Holder} from '../holder/holder-client.js';
import type {ReleaseStore} from '../releases/release-store.js';
import type {State} from '../state/state.js';
import type {ServerCertificates} from './certificates.js';
import type {DeploymentLogs} from './deployment-logs.js';
import {removeEmptyFolders} from './empty-folders.js';
import type {HandlersOptions} from './handlers.js';

export type DiskOptions = {
  /** The installation's folder. */
  readonly root: string;
  readonly holder: Pick<Holder, 'erase'>;
  readonly state: Pick<State, 'releases'>;
  readonly releases: Pick<ReleaseStore, 'prune' | 'collect'>;
  readonly logs: Pick<DeploymentLogs, 'forget'>;
  readonly certificates: Pick<ServerCertificates, 'removeUnserved'>;
};

/** What calls do on the server's disk. */
export const createDiskCalls = (options: DiskOptions): Pick<HandlersOptions, 'erase' | 'freeBytes'> => ({
  async erase(name) {
    const {root, holder, state, releases, logs, certificates} = options;
    const {app, environment} = name;
    await logs.forget(name);
    await holder.erase(`${app}/${environment}`);
    await releases.prune(name, () => new Set());
    await rm(path.join(root, 'logs', app, environment), {recursive: true, force: true});
    await releases.collect(state.releases.manifests());
    await removeEmptyFolders(root, name);
    await certificates.removeUnserved();
  },
  async freeBytes() {
    const {bavail, bsize} = await statfs(options.root);
    return bavail * bsize;
  },
});
