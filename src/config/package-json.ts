import type {Named} from './config.js';

/** What tako reads of a package.json. */
export type PackageJson = {
  readonly name: string | undefined;
  /** As in the file: `pnpm@9.1.0+sha512.…`. */
  readonly packageManager: string | undefined;
  readonly scripts: Named<string>;
  /** Package -> the range asked for. */
  readonly dependencies: Named<string>;
  readonly devDependencies: Named<string>;
  readonly main: string | undefined;
  /** The patterns of a workspace's folders. Undefined: it is not the root of one. */
  readonly workspaces: readonly string[] | undefined;
};

export const NO_PACKAGE: PackageJson = {
  name: undefined,
  packageManager: undefined,
  scripts: {},
  dependencies: {},
  devDependencies: {},
  main: undefined,
  workspaces: undefined,
};

/** Undefined for what is not a JSON object; a value of an unexpected kind in it counts as not there. */
export function parsePackageJson(text: string): PackageJson | undefined {
  const content = parseJsonObject(text);
  return (
    content && {
      name: stringOf(content.name),
      packageManager: stringOf(content.packageManager),
      scripts: stringsOf(content.scripts),
      dependencies: stringsOf(content.dependencies),
      devDependencies: stringsOf(content.devDependencies),
      main: stringOf(content.main),
      workspaces: workspacesOf(content.workspaces),
    }
  );
}

/** The names of the tasks in a deno.json or deno.jsonc. Undefined for what is not a JSON object. */
export function parseDenoTasks(text: string): readonly string[] | undefined {
  const content = parseJsonObject(withoutComments(text));
  return content && Object.keys(isObject(content.tasks) ? content.tasks : {});
}

/** An array, or a table with the array in `packages`, as Yarn and Bun have it beside other keys. */
function workspacesOf(value: unknown): readonly string[] | undefined {
  const patterns = isObject(value) ? value.packages : value;
  return Array.isArray(patterns) ? patterns.filter(pattern => typeof pattern === 'string') : undefined;
}

/** Undefined for what is not a JSON object. */
export function parseJsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const content: unknown = JSON.parse(text);
    return isObject(content) ? content : undefined;
  } catch {
    return undefined;
  }
}

/** Takes comments and final commas out, as they are allowed in JSONC; strings are stepped over. */
function withoutComments(text: string): string {
  return text
    .replace(/("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, '$1')
    .replace(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g, '$1');
}

function stringsOf(value: unknown): Named<string> {
  const result = Object.create(null) as Record<string, string>;
  for (const [key, element] of Object.entries(isObject(value) ? value : {})) {
    if (typeof element === 'string') result[key] = element;
  }
  return result;
}

const stringOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
