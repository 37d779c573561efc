// The files in which a project names the packages it uses, whatever its language. Only names are read, as they are all
// that detection needs; a package.json is read on its own, as it says more.

import type {Named} from './config.js';
import type {PackageKind} from './framework.js';
import {parseJsonObject} from './package-json.js';
import {isTable, parseToml, type TomlTable, type TomlValue} from './toml.js';

export type Manifest = {
  readonly file: string;
  readonly kind: PackageKind;
  /** The names in the file's text. Undefined: it is not what its name says. */
  parse(text: string): readonly string[] | undefined;
};

export const MANIFESTS: readonly Manifest[] = [
  {file: 'requirements.txt', kind: 'python', parse: parseRequirements},
  {file: 'requirements-dev.txt', kind: 'python', parse: parseRequirements},
  {file: 'requirements/base.txt', kind: 'python', parse: parseRequirements},
  {file: 'requirements/dev.txt', kind: 'python', parse: parseRequirements},
  {file: 'pyproject.toml', kind: 'python', parse: parsePyproject},
  {file: 'Pipfile', kind: 'python', parse: parsePipfile},
  {file: 'Gemfile', kind: 'gem', parse: text => allMatches(text, /^[ \t]*gem[ \t(]+["']([^"']+)["']/gm)},
  {file: 'Cargo.toml', kind: 'cargo', parse: parseCargo},
  {file: 'composer.json', kind: 'composer', parse: parseComposer},
  {file: 'mix.exs', kind: 'hex', parse: text => allMatches(text, /\{\s*:([a-z_]+)\s*,/g)},
  {file: 'build.gradle', kind: 'java', parse: parseGradle},
  {file: 'build.gradle.kts', kind: 'java', parse: parseGradle},
  {file: 'pom.xml', kind: 'java', parse: text => allMatches(text, /<groupId>\s*([^<\s]+)\s*<\/groupId>/g)},
];

/** One requirement a line; options (`-r base.txt`), comments and addresses are not names. */
function parseRequirements(text: string): readonly string[] {
  return text.split('\n').flatMap(line => requirementName(line) ?? []);
}

/** PEP 508: a name, then versions, extras and conditions. PEP 503: runs of `-`, `_` and `.` in it are the same. */
function requirementName(requirement: string): string | undefined {
  const name = /^\s*([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:$|[[(<>=!~;@#,\s])/.exec(requirement)?.[1];
  return name?.toLowerCase().replace(/[-_.]+/g, '-');
}

/** The dependencies of PEP 621 and PEP 735, and those of Poetry. */
function parsePyproject(text: string): readonly string[] | undefined {
  const root = rootOf(text);
  if (!root) return undefined;
  const lists = [
    find(root, 'project', 'dependencies'),
    ...valuesOf(find(root, 'project', 'optional-dependencies')),
    ...valuesOf(find(root, 'dependency-groups')),
  ];
  const poetry = find(root, 'tool', 'poetry');
  const groups = valuesOf(find(poetry, 'group')).map(group => find(group, 'dependencies'));
  const keys = [find(poetry, 'dependencies'), ...groups].flatMap(keysOf);
  return [...lists.flatMap(stringsOf), ...keys].flatMap(requirement => requirementName(requirement) ?? []);
}

function parsePipfile(text: string): readonly string[] | undefined {
  const root = rootOf(text);
  return (
    root && [...keysOf(root.packages), ...keysOf(root['dev-packages'])].flatMap(name => requirementName(name) ?? [])
  );
}

function parseCargo(text: string): readonly string[] | undefined {
  const root = rootOf(text);
  return root && keysOf(root.dependencies);
}

function parseComposer(text: string): readonly string[] | undefined {
  const content = parseJsonObject(text);
  return (
    content && [content.require, content['require-dev']].flatMap(table => Object.keys((table ?? {}) as Named<string>))
  );
}

/** Plugins (`id 'x'`, `id("x")`) and dependencies (`'group:name:version'`), by id and by group. */
function parseGradle(text: string): readonly string[] {
  return allMatches(text, /\bid[ \t(]+["']([^"']+)["']|["']([\w.-]+):[\w.-]+(?::[^"']*)?["']/g);
}

function allMatches(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].flatMap(([, first, second]) => first ?? second ?? []);
}

function rootOf(text: string): TomlTable | undefined {
  const parsed = parseToml(text);
  return parsed.ok ? parsed.document.value : undefined;
}

function find(table: TomlValue | undefined, ...keys: readonly string[]): TomlValue | undefined {
  let value = table;
  for (const key of keys) value = isTable(value) ? value[key] : undefined;
  return value;
}

const keysOf = (value: TomlValue | undefined): readonly string[] => (isTable(value) ? Object.keys(value) : []);
const valuesOf = (value: TomlValue | undefined): readonly TomlValue[] => (isTable(value) ? Object.values(value) : []);
const stringsOf = (value: TomlValue | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter(element => typeof element === 'string') : [];
