import type {ServerInfo} from '../../control/server-methods.js';
import {majorOf} from '../../prod/deploy/client-platform.js';
import type {WantedRuntime} from '../../prod/deploy/runtime.js';
import {TakoError} from '../../system/error.js';

/** The Node that a release is run by on that server: the server's own. Throws RUNTIME_UNAVAILABLE when another is wanted. */
export function pinnedNode(wanted: WantedRuntime | null, {nodeVersion}: ServerInfo, server: string): string {
  const version = wanted?.version;
  if (version === null || version === undefined || majorOf(version) === majorOf(nodeVersion)) return nodeVersion;
  throw new TakoError(
    'RUNTIME_UNAVAILABLE',
    `the project asks for Node ${version}, and ${server} has Node ${nodeVersion}`,
    {
      hint: `write runtime = "node@${majorOf(nodeVersion)}" into tako.toml if the app runs by that`,
    },
  );
}
