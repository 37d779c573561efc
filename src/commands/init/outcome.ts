import path from 'node:path';
import {CONFIG_FILE} from '../../config/load-project.js';
import type {Wanted} from './answers.js';
import type {InitFlags} from './init-flags.js';
import {findNextSteps} from './next-steps.js';
import {readTarget} from './target.js';
import {findTemplate} from './templates.js';
import type {PlannedFile} from './write-files.js';

/** A file as far as people are told of it. */
type WrittenFile = Pick<PlannedFile, 'file' | 'before'>;

/** What `tako init --json` prints. */
export type Outcome = {
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

/** What has become of the folder. */
export async function describeOutcome(
  wanted: Wanted,
  files: readonly WrittenFile[],
  flags: InitFlags,
): Promise<Outcome> {
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
const fileOf = (folder: string, files: readonly WrittenFile[]): string =>
  files.find(({file}) => path.basename(file) === CONFIG_FILE)?.file ?? path.join(folder, CONFIG_FILE);

/** For people. */
export function renderOutcome(outcome: Outcome): string {
  const {next, command, template} = outcome;
  const isUnknown = command === null && template === null;
  return [
    renderAddresses(outcome),
    ...renderFiles(outcome),
    ...(isUnknown ? ['  nothing says how it is started yet: write dev = [...] into tako.toml'] : []),
    template === null ? 'next:' : `next, with ${findTemplate(template).needs} or later:`,
    ...next.map(step => `  ${step}`),
  ].join('\n');
}

function renderAddresses({name, route}: Outcome): string {
  const production = route === null ? 'no production route yet' : `https://${route} on your server`;
  return `${name}: https://${name}.test on your machine, ${production}`;
}

const MAX_LISTED = 12;

function renderFiles({written, changed}: Outcome): readonly string[] {
  if (written.length + changed.length === 0) return ['  nothing was to be done'];
  return [
    ...written.slice(0, MAX_LISTED).map(file => `  wrote    ${file}`),
    ...(written.length > MAX_LISTED ? [`  wrote    ${written.length - MAX_LISTED} more`] : []),
    ...changed.map(file => `  changed  ${file}`),
  ];
}
