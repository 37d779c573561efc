// What a word of a command line may become, as the commands themselves say it. The name of a value in the help says what
// it may be: `<file>`, `[app]`, `<server>`.

import type {Argument, Command, Option} from 'commander';

export type Candidate = {readonly value: string; readonly description: string};

export type Candidates = {
  readonly candidates: readonly Candidate[];
  /** What the help calls a value that may stand here: `app`. Undefined: none may, or only the candidates. */
  readonly valueName: string | undefined;
  /** What stands in front of such a value in its word: `--config=`. */
  readonly prefix: string;
};

/** How far a command line has been read. */
type Position = {
  readonly command: Command;
  /** The option whose value comes next. */
  readonly option: Option | undefined;
  /** How many arguments there were. */
  readonly operands: number;
  /** Whether flags are still those of the command. */
  readonly takesFlags: boolean;
};

/** The last of the words is the one to complete; it may be empty. */
export function findCandidates(program: Command, words: readonly string[]): Candidates {
  const start: Position = {command: program, option: undefined, operands: 0, takesFlags: true};
  const {command, option, operands, takesFlags} = words.slice(0, -1).reduce(readWord, start);
  const current = words.at(-1) ?? '';
  if (option && !current.startsWith('-')) return ofOption(option, '');
  if (!takesFlags || !current.startsWith('-')) return ofArgument(command, operands);
  const [, flag] = /^(--[\w-]+)=/.exec(current) ?? [];
  if (flag === undefined) return {...NOTHING, candidates: flagsOf(command)};
  const found = findOption(command, flag);
  return found ? ofOption(found, `${flag}=`) : NOTHING;
}

function readWord(position: Position, word: string): Position {
  const {command, option, operands, takesFlags} = position;
  if (takesFlags && word === '--') return {...position, option: undefined, takesFlags: false};
  if (takesFlags && word.startsWith('-'))
    return {...position, option: word.includes('=') ? undefined : valued(command, word)};
  if (option) return option.variadic ? position : {...position, option: undefined};
  const next =
    operands === 0 ? command.commands.find(one => one.name() === word || one.aliases().includes(word)) : undefined;
  if (next) return {...position, command: next};
  // What comes after a program's name are the program's own flags.
  const isProgram = PROGRAMS.includes(argumentAt(command, operands)?.name() ?? '');
  return {...position, operands: operands + 1, takesFlags: takesFlags && !isProgram};
}

/** Arguments that begin a command line of another program. */
const PROGRAMS: readonly string[] = ['command', 'words'];

const NOTHING: Candidates = {candidates: [], valueName: undefined, prefix: ''};

const findOption = (command: Command, flag: string): Option | undefined =>
  command.options.find(({long, short}) => [long, short].includes(flag));

/** The option, when a value comes behind it. */
function valued(command: Command, flag: string): Option | undefined {
  const option = findOption(command, flag);
  return option?.required || option?.optional ? option : undefined;
}

function ofOption(option: Option, prefix: string): Candidates {
  const [, name] = /[<[]([\w-]+)/.exec(option.flags) ?? [];
  return {candidates: choices(option, prefix), valueName: name, prefix};
}

function ofArgument(command: Command, operands: number): Candidates {
  const argument = argumentAt(command, operands);
  const subcommands = operands === 0 ? subcommandsOf(command) : [];
  const own = argument ? choices(argument, '') : [];
  return {candidates: [...subcommands, ...own], valueName: argument?.name(), prefix: ''};
}

/** The last one may be there several times. */
function argumentAt({registeredArguments}: Command, place: number): Argument | undefined {
  const last = registeredArguments.at(-1);
  return registeredArguments[place] ?? (last?.variadic ? last : undefined);
}

const choices = ({argChoices = []}: Option | Argument, prefix: string): Candidate[] =>
  argChoices.map(value => ({value: prefix + value, description: ''}));

const subcommandsOf = (command: Command): Candidate[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .map(one => ({value: one.name(), description: one.description()}));

const flagsOf = (command: Command): Candidate[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .map(({long, short, description}) => ({value: long ?? short ?? '', description}));
