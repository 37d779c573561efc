// The templates of `tako init --template`: templates/apps/templates.toml lists them, and has a folder for each beside it.

import {readFileSync} from 'node:fs';
import {readdir, readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseDocument} from '../../config/document.js';
import {listOf, nonEmptyText, table, text} from '../../config/field.js';
import {invalidFile} from '../../config/problem.js';
import {TakoError} from '../../system/error.js';
import {nearest} from '../../system/suggestion.js';

/** A kind of app that tako can begin. */
export type Template = {
  /** What `--template` says, and its folder's name. */
  readonly id: string;
  /** In a few words: `Fetch handler on Node`. */
  readonly title: string;
  /** What has to be there to run it, at least: `Go 1.22`. */
  readonly needs: string;
  /** What installs its packages. Undefined: every package manager does. */
  readonly packageManager: string | undefined;
};

/** A file of a new app: its path in the app's folder, with forward slashes. */
export type AppFile = {readonly path: string; readonly content: string | Buffer; readonly mode: number};

/** What stands for `{{name}}` and its like in a template's files. */
export type Placeholders = {
  readonly name: string;
  /** Of production. */
  readonly route: string;
  /** Of this tako: what the app depends on. */
  readonly takoVersion: string;
};

const FILE = 'templates.toml';
/** The same from src/commands/init and from dist/commands/init. */
const FOLDER = new URL('../../../templates/apps/', import.meta.url);

const templatesToml = table({
  template: listOf(
    table({
      id: text('an id of a-z, 0-9 and "-"', value => /^[a-z][a-z0-9-]*$/.test(value)),
      title: nonEmptyText,
      needs: nonEmptyText,
      package_manager: nonEmptyText.optional(),
    }),
    'an array of tables',
  ),
});

/** Every template, in the order in which they are offered. Throws CONFIG_INVALID. */
export function listTemplates(): readonly Template[] {
  const parsed = parseDocument(readFileSync(new URL(FILE, FOLDER), 'utf8'), FILE, templatesToml);
  if (!parsed.ok) throw invalidFile(FILE, parsed.problems);
  return parsed.value.template.map(({package_manager: packageManager, ...rest}) => ({...rest, packageManager}));
}

/** Throws TEMPLATE_UNKNOWN, with the id that was probably meant. */
export function findTemplate(id: string): Template {
  const templates = listTemplates();
  const found = templates.find(template => template.id === id);
  if (found) return found;
  const ids = templates.map(template => template.id);
  const meant = nearest(id, ids);
  throw new TakoError('TEMPLATE_UNKNOWN', `there is no template "${id}"`, {
    hint: meant === undefined ? `choose one of ${ids.join(', ')}` : `did you mean "${meant}"?`,
    details: [`templates: ${ids.join(', ')}`],
  });
}

/** The files of a new app, by path. */
export async function readTemplate({id}: Template, placeholders: Placeholders): Promise<readonly AppFile[]> {
  const folder = fileURLToPath(new URL(`${id}/`, FOLDER));
  const entries = await readdir(folder, {recursive: true, withFileTypes: true});
  const files = entries.filter(entry => entry.isFile()).map(entry => path.join(entry.parentPath, entry.name));
  return Promise.all(files.sort().map(file => readAppFile(folder, file, valuesOf(placeholders))));
}

/** What npm would take for its own when the package is made, and leave out. */
const STORED_NAMES: Readonly<Record<string, string>> = {_gitignore: '.gitignore', _npmrc: '.npmrc'};

async function readAppFile(folder: string, file: string, values: Values): Promise<AppFile> {
  const {dir, base} = path.parse(path.relative(folder, file));
  const content = await readFile(file);
  const {mode} = await stat(file);
  return {
    path: path.posix.join(dir.split(path.sep).join('/'), STORED_NAMES[base] ?? base),
    content: content.includes(0) ? content : fillIn(content.toString(), values),
    mode: mode & 0o100 ? 0o755 : 0o644,
  };
}

type Values = Readonly<Record<string, string>>;

/** `NAME`: the name as variables have it, `my-shop` is `MY_SHOP`. */
const valuesOf = (placeholders: Placeholders): Values => ({
  ...placeholders,
  NAME: placeholders.name.toUpperCase().replaceAll('-', '_'),
});

/** What is no placeholder of ours is the app's own: frameworks have such signs too. */
const fillIn = (text: string, values: Values): string =>
  text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? whole) : whole,
  );
