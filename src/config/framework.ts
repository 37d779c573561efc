// What tako knows about frameworks, as data: templates/frameworks.toml holds one table per framework, read by the same
// door as tako.toml, so that a wrong profile is refused with its line.

import type {Command, Named} from './config.js';
import {type DocumentRules, type Parsed, parseDocument} from './document.js';
import {field, flag, listOf, nonEmptyText, oneOf, table, tableOf, text} from './field.js';
import type {Finding} from './problem.js';
import {isTable, type TomlTable} from './toml.js';
import {command, port, relativePath, variableName} from './value.js';

/** How one framework is recognised, run and served. */
export type Framework = {
  /** What `preset` of tako.toml says. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** Other words that `preset` may say. */
  readonly aliases: readonly string[];
  readonly detect: Detection;
  /** The scripts of package.json to look for, best first. Empty: they do not run this app (a Laravel's runs its assets). */
  readonly scripts: readonly string[];
  /** What its scripts are given beside their own words. Undefined: nothing. */
  readonly scriptArguments: ScriptArguments | undefined;
  /** Files that may be the app's entry, best first; `*` stands for any name. */
  readonly main: readonly string[];
  /** Used when no script is. Its words may hold `{main}`, `{module}`, `{folder}` and `{python}`. Undefined: there is none. */
  readonly dev: Command | undefined;
  /** How it is built and run on a server: the first of these whose signs the project has. Never empty, the last needs none. */
  readonly production: readonly Production[];
  /** Variables the dev command needs beside the usual ones; those of tako.toml go over them. */
  readonly environment: Named<string>;
  /** Whether its dev server is a child process of the command's own, which gets no file descriptors from that. */
  readonly servesInChild: boolean;
  readonly hostCheck: HostCheck;
  /** What the paths that it checks have in them. Empty: it checks all. */
  readonly hostCheckPaths: readonly string[];
  readonly reloads: Reloads;
  /** Where its dev server listens when it takes no notice of PORT. Undefined: it follows PORT. */
  readonly defaultPort: number | undefined;
};

/**
 * What the dev server thinks of hosts that are not localhost. `none`: takes any. `env`: refuses, and Vite's variable names
 * more. `localhost`: refuses, so it is shown `app.localhost` as Host and Origin.
 */
export type HostCheck = (typeof HOST_CHECKS)[number];
const HOST_CHECKS = ['none', 'env', 'localhost'] as const;

/**
 * What of an edit a dev command applies by itself. `nothing`: tako restarts it. `server`: its own process has the new code,
 * but open pages do not. `pages`: those too, by updates over a socket of its own, which a reload would only disturb.
 */
export type Reloads = (typeof RELOADS)[number];
export const RELOADS = ['nothing', 'server', 'pages'] as const;

/** Given to a script whose last command begins with one of `after`, where `name` is of the major version `since` or later. */
export type ScriptArguments = {
  readonly after: readonly string[];
  readonly name: string;
  readonly since: number;
  readonly add: readonly string[];
};

/** How an app of a framework is built and run on a server. Without `start`, its assets are all there is. */
export type Production = {
  /** One of these must be there. Empty: it is for all. */
  readonly any: readonly Sign[];
  /** A shell's line. Undefined: nothing to build. */
  readonly build: string | undefined;
  /** The command of a release, with the placeholders of `dev`; a package's program is run by Node, without its shell script. */
  readonly start: Command | undefined;
  /** Variables that `start` needs; those of tako.toml go over them. */
  readonly environment: Named<string>;
  /** Folders, after the build, whose files are served as they are. `{folder}` is that of the entry, `*` any name. */
  readonly assets: readonly string[];
  /** Path to the folder that is served below it: `/_next/static` to `.next/static`. */
  readonly mounts: Named<string>;
  /** The page for paths without a file. Undefined: they are not found. */
  readonly fallback: string | undefined;
  /** What the build leaves that a release needs. Empty: everything. */
  readonly files: readonly string[];
  /** Whether `start` needs the packages of package.json, or the build's output has them in it. */
  readonly needsPackages: boolean;
  /** Why it cannot be deployed as it is, and what to do. Undefined: it can. */
  readonly refusal: string | undefined;
};

/** Signs that must be there: one of `any`, every one of `all`, and not one of `none`. An empty `any` asks for nothing. */
export type Detection = {
  readonly any: readonly Sign[];
  readonly all: readonly Sign[];
  readonly none: readonly Sign[];
};

/** Something found in a project. For `file` the value is a path in it, for the others a package's name. */
export type Sign = {readonly kind: SignKind; readonly value: string};
export type SignKind = (typeof SIGN_KINDS)[number];
export type PackageKind = Exclude<SignKind, 'file'>;
const SIGN_KINDS = ['file', 'npm', 'python', 'gem', 'cargo', 'composer', 'hex', 'java'] as const;

/** What a package.json usually calls the script that runs the app, best first. */
export const DEFAULT_SCRIPTS: readonly string[] = ['dev', 'start', 'serve'];

/** Reads the text of frameworks.toml. The order of the file is kept: the first profile that fits is a project's own. */
export function parseFrameworks(text: string, file: string): Parsed<readonly Framework[]> {
  const parsed = parseDocument(text, file, frameworksToml, frameworksRules);
  return parsed.ok ? {...parsed, value: parsed.value.framework.map(completeFramework)} : parsed;
}

const frameworkId = text('an id of a-z, 0-9 and "-"', value => /^[a-z][a-z0-9-]*$/.test(value));

const sign = field<Sign>(`a sign such as "npm:next" or "file:manage.py" (one of ${SIGN_KINDS.join(', ')})`, input => {
  const [, word, value] = (typeof input === 'string' && /^([a-z]+):(\S+)$/.exec(input)) || [];
  const kind = SIGN_KINDS.find(known => known === word);
  return kind && value !== undefined ? {kind, value} : undefined;
});
const signs = listOf(sign, 'an array of signs');
const texts = listOf(nonEmptyText, 'an array of strings');
const paths = listOf(relativePath, 'an array of paths');

/** As in a manifest: below it a folder is served. */
const mountPath = {
  expected: 'a path such as "/static"',
  isValid: (value: string) => /^(?:\/[\w.~-]+)+$/.test(value),
};

const productionShape = {
  build: nonEmptyText.optional(),
  start: command.optional(),
  start_environment: tableOf(text(), variableName).optional(),
  assets: paths.optional(),
  mounts: tableOf(relativePath, mountPath).optional(),
  fallback: relativePath.optional(),
  files: paths.optional(),
  needs_packages: flag.optional(),
  refusal: nonEmptyText.optional(),
};

const productionToml = table({...productionShape, any: signs.optional()});

const frameworkToml = table({
  ...productionShape,
  production: listOf(productionToml, 'an array of tables').optional(),
  id: frameworkId,
  name: nonEmptyText,
  aliases: listOf(frameworkId, 'an array of ids').optional(),
  detect: table({any: signs.optional(), all: signs.optional(), none: signs.optional()}),
  scripts: texts.optional(),
  script_arguments: table({
    after: texts,
    name: nonEmptyText,
    since: port(1),
    add: texts,
  }).optional(),
  main: paths.optional(),
  dev: command.optional(),
  environment: tableOf(text(), variableName).optional(),
  serves_in_child: flag.optional(),
  host_check: oneOf(...HOST_CHECKS),
  host_check_paths: texts.optional(),
  reloads: oneOf(...RELOADS),
  default_port: port(1).optional(),
});

const frameworksToml = table({framework: listOf(frameworkToml, 'an array of tables')});

type FrameworkToml = ReturnType<(typeof frameworkToml)['parse']>;
type ProductionToml = Omit<ReturnType<(typeof productionToml)['parse']>, 'any'>;

function completeFramework(toml: FrameworkToml): Framework {
  const {any = [], all = [], none = []} = toml.detect;
  return {
    id: toml.id,
    name: toml.name,
    aliases: toml.aliases ?? [],
    detect: {any, all, none},
    scripts: toml.scripts ?? DEFAULT_SCRIPTS,
    scriptArguments: toml.script_arguments,
    main: toml.main ?? [],
    dev: toml.dev,
    production: [
      // What is refused without a sign is not with it.
      ...(toml.production ?? []).map(own => completeProduction({...toml, refusal: undefined, ...own}, own.any)),
      completeProduction(toml),
    ],
    environment: toml.environment ?? {},
    servesInChild: toml.serves_in_child ?? false,
    hostCheck: toml.host_check,
    hostCheckPaths: toml.host_check_paths ?? [],
    reloads: toml.reloads,
    defaultPort: toml.default_port,
  };
}

/** What a variant does not say, its profile does. */
function completeProduction(toml: ProductionToml, any: readonly Sign[] = []): Production {
  return {
    any,
    build: toml.build,
    start: toml.start,
    environment: toml.start_environment ?? {},
    assets: toml.assets ?? [],
    mounts: toml.mounts ?? {},
    fallback: toml.fallback,
    files: toml.files ?? [],
    needsPackages: toml.needs_packages ?? true,
    refusal: toml.refusal,
  };
}

const frameworksRules: DocumentRules = {
  problems: toml => [...findRepeatedIds(toml), ...profilesOf(toml).flatMap(findProfileProblems)],
  warnings: () => [],
};

function findRepeatedIds(toml: TomlTable): readonly Finding[] {
  const seen = new Set<unknown>();
  return profilesOf(toml).flatMap(({profile, index}) => {
    const words = [profile.id, ...(Array.isArray(profile.aliases) ? profile.aliases : [])];
    const isRepeated = words.some(word => seen.has(word));
    for (const word of words) seen.add(word);
    return isRepeated ? [{path: ['framework', index, 'id'], message: 'is the id or an alias of a profile above'}] : [];
  });
}

type Profile = {readonly profile: TomlTable; readonly index: number};

function findProfileProblems({profile, index}: Profile): readonly Finding[] {
  const path = ['framework', index];
  const {detect, main} = profile;
  const hasSigns = isTable(detect) && [detect.any, detect.all].some(list => Array.isArray(list) && list.length > 0);
  const needsMain = ['dev', 'start'].filter(key => /\{(?:main|module|folder)\}/.test(wordsOf(profile[key])));
  return [
    ...(isTable(detect) && !hasSigns ? [{path: [...path, 'detect'], message: 'needs a sign in any or all'}] : []),
    ...(main === undefined
      ? needsMain.map(key => ({path: [...path, key], message: 'has a placeholder, but the profile has no main'}))
      : []),
    ...['dev', 'start'].flatMap(key => findUnknownPlaceholders(profile[key], [...path, key])),
    ...variantsOf(profile).flatMap((variant, place) =>
      findUnknownPlaceholders(variant.start, [...path, 'production', place, 'start']),
    ),
  ];
}

const variantsOf = ({production}: TomlTable): readonly TomlTable[] =>
  (Array.isArray(production) ? production : []).filter(isTable);

/** Everything that a word of a profile's command may hold in braces. */
export const PLACEHOLDERS = ['{main}', '{module}', '{folder}', '{python}'] as const;

function findUnknownPlaceholders(value: unknown, path: Finding['path']): readonly Finding[] {
  const found = wordsOf(value).match(/(?<!\$)\{[a-z]+\}/g) ?? [];
  const unknown = found.filter(word => !PLACEHOLDERS.some(known => known === word));
  return unknown.map(word => ({path, message: `${word} is not one of ${PLACEHOLDERS.join(', ')}`}));
}

const wordsOf = (value: unknown): string => (Array.isArray(value) ? value.join(' ') : String(value ?? ''));

const profilesOf = ({framework}: TomlTable): readonly Profile[] =>
  (Array.isArray(framework) ? framework : []).flatMap((profile, index) => (isTable(profile) ? [{profile, index}] : []));
