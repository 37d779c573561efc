import {decideDevCommand} from '../config/dev-command.js';
import type {Project} from '../config/load-project.js';
import {readProjectFacts} from '../config/project-facts.js';
import {TakoError} from '../system/error.js';
import {type ConfigFlag, loadCurrentProject} from './context.js';
import {decideSelection, loadWorkspaceApp, readSurroundings, type Selection} from './selection.js';

export type SelectedProjects = {
  readonly projects: readonly Project[];
  /** The command of the one project; empty to have it found. */
  readonly words: readonly string[];
  /** Whether one that cannot be used is left out, as nobody asked for it by name. */
  readonly isLenient: boolean;
  /** What was left out, and why. */
  readonly notes: readonly string[];
};

export type SelectFlags = ConfigFlag & {
  /** Whether every app of the workspace has to be usable when none is named. */
  readonly isStrict?: boolean;
};

/** Reads the projects that the words, or this folder, stand for. */
export async function selectProjects(words: readonly string[], flags: SelectFlags): Promise<SelectedProjects> {
  const selection = await select(words, flags);
  if (selection.type === 'folder') {
    return {projects: [await loadCurrentProject(flags)], words: selection.words, isLenient: false, notes: []};
  }
  const isLenient = selection.type === 'workspace' && !flags.isStrict;
  const {results: projects, notes} = await forEachUsable(selection.apps, loadWorkspaceApp, {
    isLenient,
    nameOf: ({name}) => name,
  });
  return {projects, words: [], isLenient, notes};
}

/**
 * Those that say how they are started, found out before a daemon is started for them. Throws NO_DEV_COMMAND or
 * PRESET_UNKNOWN.
 */
export async function keepStartable(selected: SelectedProjects): Promise<SelectedProjects> {
  const {projects, words, isLenient} = selected;
  const decide = async (project: Project): Promise<Project> => {
    decideDevCommand(project.config, await readProjectFacts(project.directory), words);
    return project;
  };
  const {results, notes} = await forEachUsable(projects, decide, {isLenient, nameOf: ({config}) => config.name});
  return {...selected, projects: results, notes: [...selected.notes, ...notes]};
}

/** A file that is named is that of one app. */
const select = async (words: readonly string[], {config}: ConfigFlag): Promise<Selection> =>
  config === undefined ? decideSelection(words, await readSurroundings(process.cwd())) : {type: 'folder', words};

type Leniency<Item> = {readonly isLenient: boolean; readonly nameOf: (item: Item) => string};

/** One after the other. When it is lenient, what fails is left out with a note, unless nothing is left then. */
export async function forEachUsable<Item, Result>(
  items: readonly Item[],
  use: (item: Item) => Promise<Result>,
  {isLenient, nameOf}: Leniency<Item>,
): Promise<{readonly results: readonly Result[]; readonly notes: readonly string[]}> {
  const results: Result[] = [];
  const errors: {readonly name: string; readonly error: TakoError}[] = [];
  for (const item of items) {
    try {
      results.push(await use(item));
    } catch (error) {
      if (!isLenient || !(error instanceof TakoError)) throw error;
      errors.push({name: nameOf(item), error});
    }
  }
  const [first] = errors;
  if (results.length === 0 && first) throw first.error;
  return {results, notes: errors.map(({name, error}) => `${name} is left out: ${describeError(error)}`)};
}

const describeError = ({code, message, details}: TakoError): string => [`${message} [${code}]`, ...details].join('; ');
