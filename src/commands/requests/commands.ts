import {type Command, CommanderError, Option} from 'commander';
import {EXIT} from '../exit-codes.js';
import {jsonOption, parseCount} from '../options.js';

/** `tako requests`: what the apps of this machine were asked, and what they answered. */
export function addRequestsCommand(program: Command): void {
  const requests = program
    .command('requests')
    .description('list what an app was asked lately')
    .argument('[app]', 'that of this folder if not given, or all')
    .option('-f, --follow', 'go on with what is to come')
    .addOption(
      new Option('-n, --lines <count>', 'how many to begin with').default(50).argParser(parseCount('requests')),
    )
    .option('--status <status>', 'only those answered like this, as 404 or 5xx')
    .option('--method <method>', 'only those with this method')
    .option('--url <part>', 'only those with this in their URL')
    .addOption(jsonOption())
    .action(async (name: string | undefined, options) => (await import('./list.js')).listRequests(name, options));
  requests
    .command('show')
    .description('show a request and its answer')
    .argument('<id>', 'its number in the list', parseId)
    .addOption(jsonOption())
    .action(async (id: number, options) => (await import('./show.js')).showRequest(id, options));
  addReplay(requests);
  requests
    .command('export')
    .description('write requests and answers into a file, for the developer tools of a browser')
    .argument('[file]', 'stdout if not given')
    .addOption(new Option('--har', 'as HAR 1.2').makeOptionMandatory())
    .option('--app <app>', 'only those of this app')
    .addOption(jsonOption())
    .action(async (file: string | undefined, options) => (await import('./export.js')).exportRequests(file, options));
}

function addReplay(requests: Command): void {
  const list = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];
  requests
    .command('replay')
    .description('send a request again, as it came or changed')
    .argument('<id>', 'its number in the list', parseId)
    .option('--edit', 'change it in your editor first')
    .option('--method <method>', 'with this method')
    .option('--path <path>', 'to this path and query')
    .addOption(
      new Option(
        '--header <field>',
        'with this field, as in "accept: text/html"; "accept:" takes one away; repeatable',
      ).argParser(list),
    )
    .option('--data <text>', 'with this body; @FILE reads it from a file')
    .addOption(jsonOption())
    .action(async (id: number, options) => (await import('./replay.js')).replayRequest(id, options));
}

function parseId(text: string): number {
  if (/^#?\d{1,15}$/.test(text)) return Number(text.replace('#', ''));
  throw new CommanderError(
    EXIT.usage,
    'tako.id',
    `"${text}" is not the number of a request; "tako requests" lists them`,
  );
}
