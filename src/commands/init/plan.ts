import path from 'node:path';
import {setTomlText} from '../../config/edit-toml.js';
import {CONFIG_FILE} from '../../config/load-project.js';
import {parseConfig} from '../../config/parse-config.js';
import {invalidFile} from '../../config/problem.js';
import {TakoError} from '../../system/error.js';
import {readTextIfExists} from '../../system/files.js';
import {readVersion} from '../../system/version.js';
import type {Wanted} from './answers.js';
import {planIgnoreFile} from './ignore-lines.js';
import {renderInitialConfig} from './initial-config.js';
import {assertEmpty, type WrittenConfig} from './target.js';
import {findTemplate, readTemplate} from './templates.js';
import type {PlannedFile} from './write-files.js';

/**
 * The files that make the folder what is wanted. Throws CONFIG_INVALID for a name or route that would not be read again,
 * FOLDER_NOT_EMPTY, TEMPLATE_UNKNOWN, CONFIG_EXISTS where a tako.toml would be changed and nobody has agreed to that, and
 * CONFIG_UNCLEAR where it cannot be changed without touching anything else.
 */
export async function planFiles(wanted: Wanted): Promise<readonly PlannedFile[]> {
  const {target, template, name, route} = wanted;
  const config = renderInitialConfig({name, route: route ?? target.config?.routes[0] ?? '', ...target.kind});
  assertReadable(config, 'the answers');
  if (template !== undefined) return planTemplate(wanted, template);
  return [...planConfig(wanted, config), ...(await planIgnored(target.folder))];
}

async function planTemplate({target, name, route = ''}: Wanted, id: string): Promise<readonly PlannedFile[]> {
  const template = findTemplate(id);
  assertEmpty(target.folder);
  const files = await readTemplate(template, {name, route, takoVersion: readVersion()});
  for (const {path: file, content} of files) {
    if (path.posix.basename(file) === CONFIG_FILE) assertReadable(content.toString(), file);
  }
  return files.map(({path: file, ...rest}) => ({file: path.join(target.folder, file), ...rest}));
}

function planConfig({target, isConfirmed, ...wanted}: Wanted, initial: string): readonly PlannedFile[] {
  const file = path.join(target.folder, CONFIG_FILE);
  if (!target.config) return [{file, content: initial}];
  if (!isConfirmed) throw configExists(file);
  const content = editConfig(target.config, wanted);
  return content === target.config.text ? [] : [{file, content, before: target.config.text}];
}

/** The text with that name and route, and every other byte as it was. */
function editConfig(config: WrittenConfig, {name, route}: Pick<Wanted, 'name' | 'route'>): string {
  const named = config.name === name ? config.text : edit(config.text, ['name'], name);
  if (route === undefined || config.routes.includes(route)) return named;
  return edit(named, ['envs', 'production', 'route'], route);
}

function edit(text: string, key: readonly string[], value: string): string {
  const edited = setTomlText(text, key, value);
  if (edited !== undefined && parseConfig(edited, CONFIG_FILE).ok) return edited;
  throw new TakoError('CONFIG_UNCLEAR', `${key.join('.')} could not be written into ${CONFIG_FILE} safely`, {
    hint: `write it yourself: ${key.join('.')} = ${JSON.stringify(value)}`,
  });
}

async function planIgnored(folder: string): Promise<readonly PlannedFile[]> {
  const content = await planIgnoreFile(folder);
  if (content === undefined) return [];
  const file = path.join(folder, '.gitignore');
  return [{file, content, before: await readTextIfExists(file)}];
}

function assertReadable(text: string, what: string): void {
  const parsed = parseConfig(text, CONFIG_FILE);
  if (!parsed.ok) throw invalidFile(what, parsed.problems);
}

const configExists = (file: string): TakoError =>
  new TakoError('CONFIG_EXISTS', `${file} exists already`, {
    hint: 'edit it, or pass --yes to have name and production route set in it, and nothing else changed',
  });
