import {readProjectFacts} from '../../config/project-facts.js';
import {decideDelivery} from '../../secrets/delivery.js';
import {readSecretNames} from '../../secrets/read-secrets.js';
import {type ConfigFlag, createContext, loadCurrentProject} from '../context.js';
import {printJson, printResult} from '../output.js';
import {developmentLayers, releaseLayers} from './app-layers.js';
import {findDotenvFiles} from './dotenv-files.js';
import {reportEnvironment, type ShownLayer} from './environment-report.js';
import {renderEnvironment} from './render-environment.js';
import {requireEnvironment} from './require-environment.js';

export type EnvFlags = ConfigFlag & {readonly env: string; readonly json?: boolean};

/** Lists the variables that this folder's app gets in an environment. Needs no key, and shows no secret. */
export async function env({env: environment, json = false, ...flags}: EnvFlags): Promise<void> {
  const project = await loadCurrentProject(flags);
  const {directory, config} = project;
  requireEnvironment(config, environment);
  const [facts, secrets] = await Promise.all([readProjectFacts(directory), readSecretNames(directory)]);
  const names = secrets[environment] ?? [];
  const delivery = decideDelivery(config.secretDelivery, facts.dependencies);
  const asVariables: ShownLayer = {
    source: 'secrets',
    variables: delivery === 'bootstrap' ? {} : Object.fromEntries(names.map(name => [name, null])),
  };
  const layers =
    environment === 'development'
      ? await developmentLayers(createContext(), project, asVariables)
      : await releaseLayers(project, environment, asVariables);
  const files = await findDotenvFiles(directory, environment, Object.keys(config.environments));
  const report = reportEnvironment({environment, layers, secrets: {delivery, names}, files});
  if (json) printJson({ok: true, ...report});
  else printResult(renderEnvironment(report, {columns: process.stdout.columns}));
}
