// The types of a project's names, from tako.toml and .tako/secrets.json: tako.d.ts for JavaScript and TypeScript,
// tako_secrets.go for Go. Whoever changes what they are made of has them written anew by `refreshTypes`.

import {readFile} from 'node:fs/promises';
import path from 'node:path';
import type {Config} from '../../config/config.js';
import type {Project} from '../../config/load-project.js';
import {type ProjectFacts, readProjectFacts} from '../../config/project-facts.js';
import {decideDelivery} from '../../secrets/delivery.js';
import {readSecretNames} from '../../secrets/read-secrets.js';
import {TakoError} from '../../system/error.js';
import {renderGo} from './render-go.js';
import {renderTypescript} from './render-typescript.js';
import {describeTypes} from './typed-names.js';
import {findGoPlace, findTypescriptPlace, listGoFiles, saysAlready, type TypesPlace, writeTypes} from './types-file.js';

export type TypesFile = {
  /** Absolute. */
  readonly file: string;
  readonly isThere: boolean;
  /** Whether it says what it would say now. */
  readonly isCurrent: boolean;
  readonly text: string;
};

type Language = 'typescript' | 'go';

/**
 * What the types of a project are, and where. Throws TYPES_LANGUAGE_UNKNOWN for a project of another language, and what
 * speaks against its secrets.
 */
export async function planTypes(project: Project): Promise<TypesFile> {
  const facts = await readProjectFacts(project.directory);
  const language = languageOf(project.config, facts);
  if (language === undefined) throw unknownLanguage(project.config);
  return planLanguage(project, facts, language);
}

/** Writes the types where they are not current. Throws as `planTypes`, and FILE_NOT_WRITABLE. */
export async function generateTypes(project: Project): Promise<TypesFile> {
  const planned = await planTypes(project);
  if (!planned.isCurrent) await writeTypes(planned.file, planned.text);
  return planned;
}

/**
 * As `generateTypes`, for commands that only come by: nothing is written into a project that has no use for it. It has
 * where the file is there, or its code depends on the package tako.sh. Undefined: nothing was to be done.
 */
export async function refreshTypes(project: Project): Promise<TypesFile | undefined> {
  const facts = await readProjectFacts(project.directory);
  const language = languageOf(project.config, facts);
  if (language === undefined) return undefined;
  const {isThere} = await findPlace(project, language);
  const isUsed = isThere || (language === 'typescript' && Object.hasOwn(facts.dependencies, 'tako.sh'));
  if (!isUsed) return undefined;
  const planned = await planLanguage(project, facts, language);
  if (planned.isCurrent) return undefined;
  await writeTypes(planned.file, planned.text);
  return planned;
}

/** The same for several; what speaks against it is no reason not to go on, and is told in a line for each. */
export async function refreshAllTypes(projects: readonly Project[]): Promise<readonly string[]> {
  const notes = projects.map(async project => {
    try {
      await refreshTypes(project);
      return [];
    } catch (error) {
      if (!(error instanceof TakoError)) throw error;
      return [`the types of ${project.config.name} are as they were: ${error.message} [${error.code}]`];
    }
  });
  return (await Promise.all(notes)).flat();
}

/** Many a project in Go has a package.json, for the tools of its pages; what depends on tako.sh is not one of them. */
function languageOf({runtime}: Config, {files, packages}: ProjectFacts): Language | undefined {
  if (runtime) return LANGUAGES[runtime.id];
  if (packages.npm.includes('tako.sh')) return 'typescript';
  if (files.includes('go.mod')) return 'go';
  return files.some(file => SIGNS_OF_TYPESCRIPT.test(file)) ? 'typescript' : undefined;
}

const SIGNS_OF_TYPESCRIPT = /^(?:package\.json|deno\.jsonc?|tsconfig\.json|jsconfig\.json)$/;

const LANGUAGES: Readonly<Record<string, Language>> = {
  node: 'typescript',
  bun: 'typescript',
  deno: 'typescript',
  go: 'go',
};

const findPlace = (project: Project, language: Language): Promise<TypesPlace> =>
  language === 'go' ? findGoPlace(project) : findTypescriptPlace(project);

async function planLanguage(project: Project, facts: ProjectFacts, language: Language): Promise<TypesFile> {
  const {file, isThere} = await findPlace(project, language);
  const areSecretsVariables = decideDelivery(project.config.secretDelivery, facts.dependencies) !== 'bootstrap';
  const secrets = await readSecretNames(project.directory);
  const types = describeTypes({config: project.config, secrets, areSecretsVariables});
  const text =
    language === 'go'
      ? renderGo({packageName: await packageNameAt(path.dirname(file)), secrets: types.secrets, areSecretsVariables})
      : renderTypescript(types, {usesPackage: facts.packages.npm.includes('tako.sh')});
  return {file, isThere, isCurrent: await saysAlready(file, text), text};
}

/** That of the files beside it, as one folder is one package. */
async function packageNameAt(folder: string): Promise<string> {
  for (const file of await listGoFiles(folder)) {
    const name = /^package[ \t]+(\w+)/m.exec(await readFile(file, 'utf8'))?.[1];
    if (name !== undefined) return name;
  }
  return 'main';
}

const unknownLanguage = ({runtime}: Config): TakoError =>
  new TakoError(
    'TYPES_LANGUAGE_UNKNOWN',
    runtime ? `there are no types for ${runtime.id}` : 'nothing says in which language this project is written',
    {
      hint: runtime
        ? 'types are for JavaScript, TypeScript and Go'
        : 'write runtime = "node", "bun", "deno" or "go" into tako.toml',
    },
  );
