// The layers of an app's variables as they can be known before it is started: in development by this machine, elsewhere
// by the plan of a deploy.

import {homedir} from 'node:os';
import {envNameOf} from '../../config/app-url.js';
import type {Project} from '../../config/load-project.js';
import {managedZones} from '../../config/settings.js';
import {mergeLayers} from '../../config/variable-layers.js';
import {varLayers} from '../../config/vars.js';
import {findWorkspace, isMember} from '../../config/workspace.js';
import {resolveLayers} from '../../devproxy/resolve-registration.js';
import {findStartVariables} from '../../prod/deploy/plan.js';
import {RELEASE_VARIABLES} from '../../prod/server/launch.js';
import {appEnvironment} from '../../supervisor/spawn.js';
import {TakoError} from '../../system/error.js';
import {identify} from '../app-identity.js';
import {type Context, loadUserSettings} from '../context.js';
import {requestOf} from '../registration.js';
import {readSnapshot} from '../status.js';
import {type ShownLayer, withoutValues} from './environment-report.js';
import {localTrust} from './local-trust.js';

/** What `tako dev` in this terminal would give to the app. `secrets`: as far as they are variables. */
export async function developmentLayers(
  context: Context,
  project: Project,
  secrets: ShownLayer,
): Promise<readonly ShownLayer[]> {
  const identity = await identify(project, undefined);
  const request = requestOf(project, identity.ownName, identity, {words: [], staticRoutes: [], variant: undefined});
  const layers = await resolveLayers(request, project, managedZones(await loadUserSettings(context)));
  const own = mergeLayers(layers);
  return withContract(project, [
    {source: 'workspace', variables: await siblingUrls(project.directory)},
    {source: 'trust', variables: await localTrust(context, 'development', own)},
    ...layers.map(layer => (layer.source === 'terminal' ? withoutValues(layer) : layer)),
    secrets,
  ]);
}

/** Where the registered apps of the same workspace are, as the daemon tells it to each of them. */
async function siblingUrls(directory: string): Promise<Readonly<Record<string, string>>> {
  const workspace = await findWorkspace(directory);
  if (!workspace) return {};
  const {apps} = await readSnapshot();
  const siblings = apps.filter(app => app.directory === workspace.root || isMember(workspace, app.directory));
  // In front of a dot is the label of a second checkout, which is not a part of the name.
  return Object.fromEntries(siblings.map(({name, url}) => [envNameOf(name.split('.').at(-1) ?? name), url]));
}

/** What a server would give to a release of the app. */
export async function releaseLayers(
  project: Project,
  environment: string,
  secrets: ShownLayer,
): Promise<readonly ShownLayer[]> {
  const {defaults, fixed} = RELEASE_VARIABLES;
  return withContract(project, [
    {source: 'tako', variables: {...nulls(defaults), NODE_ENV: 'production'}},
    {source: 'framework', variables: await startVariablesOf(project)},
    ...varLayers(project.config, environment),
    secrets,
    {source: 'tako', variables: {...nulls(fixed), ENV: environment}},
  ]);
}

/** What an app that cannot be deployed as it is would be started with is nobody's question yet. */
async function startVariablesOf(project: Project): Promise<Readonly<Record<string, string>>> {
  try {
    const {NODE_ENV, ...variables} = await findStartVariables(project, homedir());
    // Told already.
    return NODE_ENV === undefined || NODE_ENV === 'production' ? variables : {NODE_ENV, ...variables};
  } catch (error) {
    if (error instanceof TakoError) return {};
    throw error;
  }
}

/** What whoever starts the process sets and takes away last, found out by having it do so. */
function withContract({config}: Project, layers: readonly ShownLayer[]): readonly ShownLayer[] {
  const names = Object.fromEntries(layers.flatMap(({variables}) => Object.keys(variables)).map(name => [name, '']));
  const reporting = config.ready === 'fd' ? undefined : {port: config.port ?? 0, file: 'file'};
  const after = appEnvironment({environment: names}, 'id', reporting);
  const isPortKnown = reporting === undefined || config.port !== undefined;
  const known = ['HOST', ...(isPortKnown ? ['PORT'] : [])];
  const set = Object.entries(after).flatMap(([name, value]) =>
    value === undefined || value === names[name] ? [] : [[name, known.includes(name) ? value : null] as const],
  );
  const kept = layers.map(({source, variables}) => ({
    source,
    variables: Object.fromEntries(Object.entries(variables).filter(([name]) => after[name] !== undefined)),
  }));
  return [...kept, {source: 'tako', variables: Object.fromEntries(set)}];
}

const nulls = (names: readonly string[]): Record<string, null> => Object.fromEntries(names.map(name => [name, null]));
