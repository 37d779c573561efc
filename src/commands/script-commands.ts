import {Argument, type Command, Option} from 'commander';
import type {DaemonEventType} from '../control/protocol.js';
import {jsonOption} from './options.js';

/** What `tako events` may be asked for; `notice`: what it has to say itself. */
const EVENT_TYPES: readonly (DaemonEventType | 'notice')[] = ['status', 'log', 'request', 'notice'];

/** Adds the commands that scripts, agents and shells use more than people do. The code of each is loaded when it runs. */
export function addScriptCommands(program: Command): void {
  program
    .command('events')
    .description('print all that happens to all apps, until it is left')
    .option('--app <app...>', 'of these apps only')
    .addOption(new Option('--type <type...>', 'of these types only').choices(EVENT_TYPES))
    .addOption(jsonOption())
    .action(async options => (await import('./events.js')).events(options));
  program
    .command('mcp')
    .description('serve the Model Context Protocol on stdin and stdout, for coding agents')
    .option('--allow-actions', 'let it start, restart and stop apps and send requests again, too')
    .action(async options => (await import('./mcp.js')).mcp(options));
  program
    .command('completion')
    .description('print the completion script for a shell')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: string) => (await import('./completion.js')).printCompletion(shell));
  program
    .command('__complete', {hidden: true})
    .argument('[words...]')
    .passThroughOptions()
    .action(async (words: string[]) => (await import('./completion.js')).complete(program, words));
}
