import path from 'node:path';
import {CONFIG_FILE} from '../../config/load-project.js';
import {listenForInterruption} from '../../system/interruption.js';
import {printJson, printNote} from '../output.js';
import {decideWanted, type Wanted} from './answers.js';
import type {InitFlags} from './init-flags.js';
import {findNextSteps} from './next-steps.js';
import {planFiles} from './plan.js';
import {readTarget} from './target.js';
import {type PlannedFile, writeFiles} from './write-files.js';

/** Makes a folder a project: writes a tako.toml for the app that is there, or a new app from a template. */
export async function init(directory: string | undefined, flags: InitFlags): Promise<void> {
  const wanted = await decideWanted(directory, flags);
  const files = await planFiles(wanted);
  await write(files);
  const outcome = await describeOutcome(wanted, files, flags);
  if (flags.json) printJson({ok: true, ...outcome});
  else printNote(renderOutcome(outcome));
}

async function write(files: readonly PlannedFile[]): Promise<void> {
  const interruption = listenForInterruption();
  try {
    await writeFiles(files, interruption.signal);
  } finally {
    interruption.close();
  }
}

/** What `tako init --json` prints. */
type Outcome = {
  readonly file: string;
  readonly name: string;
  readonly route: string | null;
  readonly template: string | null;
  readonly framework: string | null;
  readonly runtime: string | null;
  readonly packageManager: string | null;
  readonly command: readonly string[] | null;
  /** Relative to the folder. */
  readonly written: readonly string[];
  readonly changed: readonly string[];
  readonly next: readonly string[];
};

async function describeOutcome(wanted: Wanted, files: readonly PlannedFile[], flags: InitFlags): Promise<Outcome> {
  const {folder} = wanted.target;
  const {kind, config} = await readTarget(folder);
  const relative = (isNew: boolean): readonly string[] =>
    files.filter(({before}) => (before === undefined) === isNew).map(({file}) => path.relative(folder, file));
  return {
    file: fileOf(folder, files),
    name: wanted.name,
    route: config?.routes[0] ?? wanted.route ?? null,
    template: wanted.template ?? null,
    framework: kind.framework ?? null,
    runtime: kind.runtime ?? null,
    packageManager: kind.packageManager ?? null,
    command: kind.dev ?? null,
    written: relative(true),
    changed: relative(false),
    next: await findNextSteps({
      folder,
      template: wanted.template,
      userAgent: process.env.npm_config_user_agent,
      tako: flags.new ? 'npx tako.sh' : 'tako',
    }),
  };
}

/** The tako.toml that was written, of a workspace the first one. */
const fileOf = (folder: string, files: readonly PlannedFile[]): string =>
  files.find(({file}) => path.basename(file) === CONFIG_FILE)?.file ?? path.join(folder, CONFIG_FILE);

function renderOutcome({name, route, written, changed, next, command, template}: Outcome): string {
  const files = [
    ...written.slice(0, MAX_LISTED).map(file => `  wrote    ${file}`),
    ...(written.length > MAX_LISTED ? [`  wrote    ${written.length - MAX_LISTED} more`] : []),
    ...changed.map(file => `  changed  ${file}`),
  ];
  return [
    `${name}: https://${name}.test on your machine, ${route === null ? 'no production route yet' : `https://${route} on your server`}`,
    ...(files.length > 0 ? files : ['  nothing was to be done']),
    ...(command === null && template === null
      ? ['  nothing says how it is started yet: write dev = [...] into tako.toml']
      : []),
    'next:',
    ...next.map(step => `  ${step}`),
  ].join('\n');
}

const MAX_LISTED = 12;
