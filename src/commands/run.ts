import {constants} from 'node:os';
import {execa} from 'execa';
import {devRoutes} from '../config/dev-routes.js';
import {varsFor} from '../config/vars.js';
import {createDevEnvironment} from '../devproxy/dev-environment.js';
import {TakoError} from '../system/error.js';
import {type ConfigFlag, createContext, loadCurrentProject, loadUserSettings} from './context.js';
import {ensureDataFolder} from './registration.js';

export type RunFlags = ConfigFlag & {readonly env: string};

/** Runs a command with the environment the app has; its exit code becomes ours. */
export async function run(words: readonly string[], flags: RunFlags): Promise<void> {
  const [file = '', ...args] = words;
  const {directory, config} = await loadCurrentProject(flags);
  if (!(flags.env in config.environments)) throw unknownEnvironment(flags.env, Object.keys(config.environments));
  const {zones} = await loadUserSettings(createContext());
  await ensureDataFolder(directory);
  const env = createDevEnvironment({
    terminal: process.env,
    directory,
    vars: varsFor(config, flags.env),
    environmentName: flags.env,
    build: 'local',
    appRoot: config.appRoot,
    hosts: devRoutes(config, ['test', ...zones]).routes.map(({host}) => host),
  });
  const result = await execa(file, args, {cwd: directory, env, extendEnv: false, stdio: 'inherit', reject: false});
  if (result.code === 'ENOENT') {
    throw new TakoError('COMMAND_NOT_FOUND', `there is no program ${file}`, {
      hint: 'it is searched in PATH and node_modules/.bin',
    });
  }
  process.exitCode = result.exitCode ?? 128 + (constants.signals[result.signal as NodeJS.Signals] ?? 0);
}

const unknownEnvironment = (name: string, known: readonly string[]): TakoError =>
  new TakoError('NO_SUCH_ENVIRONMENT', `tako.toml has no environment ${name}`, {hint: `it has: ${known.join(', ')}`});
