import type {TypedName, TypedProject} from './typed-names.js';

/** The words under which the package tako.sh is imported. */
const PACKAGE = 'tako.sh';
/** What it calls a storage. */
const STORAGE = 'StorageBinding';

/**
 * Of Node's and Next's own types, which say something else of them: a second word about these would be an error in the
 * user's project.
 */
const TYPED_BY_OTHERS: ReadonlySet<string> = new Set(['NODE_ENV', 'TZ', 'NEXT_RUNTIME']);

/** What Vite and Astro show to browsers: these names only, in `import.meta.env`. */
const FOR_BROWSERS = /^(?:VITE|PUBLIC)_/;

/** The text of tako.d.ts. `usesPackage`: whether the project has the package tako.sh, so that there is something to add types to. */
export function renderTypescript(
  {environments, variables, secrets, storages}: TypedProject,
  {usesPackage}: {readonly usesPackage: boolean},
): string {
  const own = variables.filter(({name}) => !TYPED_BY_OTHERS.has(name));
  const blocks = [
    HEAD,
    usesPackage ? renderImport(storages) : '',
    `export type Env = ${environments.map(quote).join(' | ')};`,
    usesPackage ? renderPackage(secrets, storages) : '',
    ...renderVariables(own),
  ];
  return `${blocks.filter(block => block !== '').join('\n\n')}\n`;
}

const HEAD = `// Written by "tako generate" from tako.toml and .tako/secrets.json. What is changed here by hand is lost.
/* eslint-disable */
// biome-ignore-all lint: written by a program
// biome-ignore-all format: written by a program
// biome-ignore-all assist: written by a program`;

/** Names that the package exports are not known inside `declare module`, and what has no import is no module. */
const renderImport = (storages: readonly TypedName[]): string =>
  storages.length > 0 ? `import type { ${STORAGE} } from ${quote(PACKAGE)};` : `import ${quote(PACKAGE)};`;

function renderPackage(secrets: readonly TypedName[], storages: readonly TypedName[]): string {
  const lines = [
    '  interface TakoTypeRegistry {',
    '    Env: Env;',
    '  }',
    ...renderInterface('TakoSecrets', secrets, 'string'),
    ...renderInterface('TakoStorages', storages, STORAGE),
  ];
  return [`declare module ${quote(PACKAGE)} {`, ...lines, '}'].join('\n');
}

/** Nothing where there are none: the package has the interface itself. */
function renderInterface(name: string, members: readonly TypedName[], type: string): readonly string[] {
  if (members.length === 0) return [];
  return [
    `  interface ${name} {`,
    ...members.flatMap(member => renderMember(member, 'readonly ', type, '    ')),
    '  }',
  ];
}

function renderVariables(variables: readonly TypedName[]): readonly string[] {
  if (variables.length === 0) return [];
  const forBrowsers = variables.filter(({name}) => FOR_BROWSERS.test(name));
  // Both are extended, as other declarations of a member would have to have the same words.
  const globals = [
    '  namespace NodeJS {',
    '    interface ProcessEnv extends TakoVariables {}',
    '  }',
    ...(forBrowsers.length > 0 ? ['  interface ImportMetaEnv extends TakoBrowserVariables {}'] : []),
  ];
  return [
    renderVariableInterface('TakoVariables', variables),
    ...(forBrowsers.length > 0 ? [renderVariableInterface('TakoBrowserVariables', forBrowsers)] : []),
    ['declare global {', ...globals, '}'].join('\n'),
  ];
}

const renderVariableInterface = (name: string, members: readonly TypedName[]): string =>
  [`interface ${name} {`, ...members.flatMap(member => renderMember(member, '', 'string', '  ')), '}'].join('\n');

function renderMember({name, missingIn}: TypedName, modifier: string, type: string, indent: string): readonly string[] {
  const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name);
  if (missingIn.length === 0) return [`${indent}${modifier}${key}: ${type};`];
  return [`${indent}/** Not in ${missingIn.join(', ')}. */`, `${indent}${modifier}${key}?: ${type};`];
}

const quote = (text: string): string => JSON.stringify(text);
