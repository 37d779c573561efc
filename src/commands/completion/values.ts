import {connectControl} from '../../control/client.js';
import {readSecretNames} from '../../secrets/read-secrets.js';
import {LOG_LEVELS} from '../../supervisor/log-level.js';
import {systemClock} from '../../system/clock.js';
import {createContext, loadCurrentProject} from '../context.js';
import {listTemplates} from '../init/templates.js';
import {readSurroundings} from '../selection.js';
import {createServersContext} from '../servers-context.js';
import type {Candidate} from './candidates.js';

/** Somebody waits with a finger on the key. */
const PATIENCE_MS = 500;

/** The values of that name that there are now. None where they cannot be had, or not at once. */
export async function loadValues(name: string): Promise<readonly Candidate[]> {
  const load = LOADERS[name];
  if (!load) return [];
  const late = systemClock.sleep(PATIENCE_MS).then(() => []);
  return Promise.race([load().catch(() => []), late]);
}

/** What the shell looks for by itself. */
const FILES: readonly Candidate[] = [{value: ':files', description: ''}];
const FOLDERS: readonly Candidate[] = [{value: ':folders', description: ''}];

const LOADERS: Readonly<Record<string, () => Promise<readonly Candidate[]>>> = {
  app: loadApps,
  words: loadWorkspaceApps,
  server: loadServers,
  environment: loadEnvironments,
  secret: loadSecrets,
  level: async () => LOG_LEVELS.map(value => ({value, description: ''})),
  command: async () => FILES,
  file: async () => FILES,
  folder: async () => FOLDERS,
  directory: async () => FOLDERS,
  template: async () => listTemplates().map(({id, title}) => ({value: id, description: title})),
};

/** Those of a daemon that runs; none is started for it. */
async function loadApps(): Promise<Candidate[]> {
  const client = await connectControl(createContext().files.socket);
  try {
    const {apps} = await client.call('list', {});
    return apps.map(({name, state, url}) => ({value: name, description: `${state} ${url}`}));
  } finally {
    client.close();
  }
}

async function loadWorkspaceApps(): Promise<Candidate[]> {
  const {apps} = await readSurroundings(process.cwd());
  return apps.map(({name}) => ({value: name, description: 'app of this workspace'}));
}

async function loadServers(): Promise<Candidate[]> {
  const servers = await createServersContext().list.load();
  return servers.map(({name, host}) => ({value: name, description: host}));
}

/** Of all environments: which one is meant may come later on the line. */
async function loadSecrets(): Promise<Candidate[]> {
  const {directory} = await loadCurrentProject();
  const names = Object.values(await readSecretNames(directory)).flat();
  return [...new Set(names)].sort().map(value => ({value, description: ''}));
}

async function loadEnvironments(): Promise<Candidate[]> {
  const {config} = await loadCurrentProject();
  return Object.keys(config.environments).map(value => ({value, description: ''}));
}
