// Where requests go, before and after another server process has followed this one. From then on only that one knows what
// runs, so it is asked for each of the few requests that still come in here.

import {connectServerSocket} from '../../control/server-client.js';
import {upstreamOf} from '../../proxy/local-upstream.js';
import type {AppId} from '../../proxy/route-table.js';
import type {Upstream} from '../../proxy/upstream.js';
import type {Deployments} from './deployments.js';
import {parseDeploymentKey} from './instance-name.js';

export type Succession = {
  activate(app: AppId): Promise<Upstream>;
  findUpstream(app: AppId): Upstream | undefined;
  /** Another process has followed. */
  begin(): void;
};

export type SuccessionOptions = {
  readonly deployments: Pick<Deployments, 'activate' | 'findUpstream'>;
  /** Leads to the process that is the server at that time. */
  readonly controlSocket: string;
};

export function createSuccession({deployments, controlSocket}: SuccessionOptions): Succession {
  const followed = Promise.withResolvers<void>();
  let isFollowed = false;

  async function askSuccessor(app: AppId): Promise<Upstream> {
    const client = await connectServerSocket(controlSocket);
    try {
      return upstreamOf(await client.call('wake', {deployment: parseDeploymentKey(app)}));
    } finally {
      client.close();
    }
  }

  return {
    // A start that is under way when another process follows goes on there.
    activate: app =>
      isFollowed
        ? askSuccessor(app)
        : Promise.race([deployments.activate(app), followed.promise.then(() => askSuccessor(app))]),
    findUpstream: app => (isFollowed ? undefined : deployments.findUpstream(app)),
    begin() {
      isFollowed = true;
      followed.resolve();
    },
  };
}
