import {type Command, Option} from 'commander';
import {configOption, jsonOption} from '../options.js';

const environmentOption = (): Option => new Option('--env <environment>', 'which environment').default('development');

/** Adds the commands about what an app finds in its environment. The code of each is loaded when it runs. */
export function addEnvironmentCommands(program: Command): void {
  program
    .command('run')
    .description("run a command, a script or some code with the app's environment")
    .argument('[command...]')
    .passThroughOptions()
    .addOption(environmentOption())
    .option('--eval <code>', 'run this code, in the language of the project')
    .addOption(configOption())
    .action(async (words: string[], options) =>
      (await import('./run.js')).run(words, {...options, isVerbatim: standsBehindDashes(words)}),
    );
  program
    .command('env')
    .description('list the variables an app gets, and where each comes from')
    .addOption(environmentOption())
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async options => (await import('./env.js')).env(options));
  program
    .command('generate')
    .aliases(['gen', 'g'])
    .description('write the types of environments, variables, secrets and storages')
    .option('--check', 'only say whether they are up to date; the exit code is 1 when not')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async options => (await import('../generate/generate.js')).generate(options));
}

/** Whether there was a `--` in front of the command, which commander takes away. */
const standsBehindDashes = (words: readonly string[]): boolean => process.argv.at(-words.length - 1) === '--';
