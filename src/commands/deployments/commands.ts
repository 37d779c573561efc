import {type Command, Option} from 'commander';
import {configOption, jsonOption} from '../options.js';
import type {DeploymentFlags} from './deployment-context.js';

/** Adds the commands about what is deployed. The code of each is loaded when it runs. */
export function addDeploymentCommands(program: Command): void {
  aboutDeployment(program.command('deploy'))
    .description('build the project of this folder and put it on its servers')
    .option('--dry-run', 'only show what would be done')
    .option('-y, --yes', 'do not ask')
    .option('--cancel', 'end the deploy that is under way; the release before goes on')
    .action(async ({cancel, ...options}) =>
      cancel ? (await import('./cancel.js')).cancelDeploy(options) : (await import('./deploy.js')).deploy(options),
    );
  aboutDeployment(program.command('rollback'))
    .description('go back to a release that served before')
    .argument('[release]', 'the one before the current if not given')
    .action(async (release, options) => (await import('./rollback.js')).rollback(release, options));
  aboutDeployment(program.command('releases'))
    .description('list the releases that servers have')
    .action(async options => (await import('./releases.js')).listReleases(options));
  aboutDeployment(program.command('scale'))
    .description('keep so many instances running; 0: one while it is used')
    .argument('<instances>')
    .action(async (count, options) => (await import('./control.js')).scale(count, options));
  aboutDeployment(program.command('start'))
    .description('start what was stopped on its servers')
    .action(async options => (await import('./control.js')).control('start', options));
  aboutDeployment(program.command('delete'))
    .description('take it off its servers, with its data and logs')
    .option('-y, --yes', 'do not ask')
    .action(async options => (await import('./control.js')).deleteDeployment(options));
  aboutDeployment(program.command('exec'))
    .description('run a command in the environment of the release that serves')
    .argument('<command...>')
    .passThroughOptions()
    .action(async (command, options) => (await import('./exec.js')).execute(command, options));
}

/** The flags by which a command is about what is deployed. */
export const aboutDeployment = (command: Command): Command =>
  command
    .option('--env <environment>', 'the environment (default: production)')
    .addOption(serverOption())
    .option('--app <app>', 'app or app/environment, outside of its project')
    .addOption(configOption())
    .addOption(jsonOption());

/** Some of the servers that something is deployed to. */
export const serverOption = (): Option =>
  new Option('--server <server>', 'one of its servers; may be given several times').argParser(
    (text: string, before: readonly string[] = []) => [...before, text],
  );

/** Whether a command that is about apps on this machine too is about those on servers. */
export const isAboutDeployment = ({env, server, app}: DeploymentFlags): boolean =>
  env !== undefined || server !== undefined || app !== undefined;
