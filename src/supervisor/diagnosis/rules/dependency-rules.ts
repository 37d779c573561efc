import {addCommand, installCommand, pythonInstallCommand} from '../facts.js';
import {type Circumstances, lastLine, type Rule} from '../rule.js';

const CODE = {code: 'DEPENDENCIES_MISSING'} as const;

const javaScriptPackage: Rule = {
  id: 'javascript-package-missing',
  ...CODE,
  find: lastLine(
    // Node, Bun: Cannot find module 'express', Cannot find package 'express' imported from
    /\bCannot find (?:module|package) '(?<name>(?:@[\w.~-]{1,100}\/)?[a-zA-Z\d~_-][\w.~-]{0,100})(?:\/[^']*)?'/,
    // esbuild, webpack, Next
    /\b(?:Could not resolve|Can't resolve) ["'](?<name>(?:@[\w.~-]{1,100}\/)?[a-zA-Z\d~_-][\w.~-]{0,100})(?:\/[^"']*)?["']/,
  ),
  cause: ({name}) => `the package ${name} is not installed`,
  hint: ({name = ''}, circumstances) => installPackage(name, circumstances),
};

const pythonModule: Rule = {
  id: 'python-module-missing',
  ...CODE,
  find: lastLine(
    /^ModuleNotFoundError: No module named '(?<name>[^']+)'/,
    /python[\d.]*: No module named (?<name>[^\s;]+)(?:;|$)/,
  ),
  cause: ({name}) => `the Python module ${name} is not installed`,
  hint: ({name}, {facts, spec}) => {
    const install = pythonInstallCommand(facts);
    return install === undefined
      ? `install the package that has ${name}, into the Python that runs the app`
      : `run ${install} in ${spec.directory}, for the Python that runs the app`;
  },
};

const goModule: Rule = {
  id: 'go-module-missing',
  ...CODE,
  find: lastLine(
    /\bmissing go\.sum entry for module providing package (?<name>[^\s;]+)/,
    /: (?<name>[^\s:@]+)@\S+: missing go\.sum entry/,
    /\bno required module provides package (?<name>[^\s;]+)/,
  ),
  cause: ({name}) => `the Go module of ${name} is not in go.mod or go.sum`,
  hint: (_, {spec}) => `run go mod tidy in ${spec.directory}`,
};

const rubyGem: Rule = {
  id: 'ruby-gem-missing',
  ...CODE,
  find: lastLine(
    /\bCould not find (?<name>[\w.-]+) in (?:any of the sources|locally installed gems|cached gems)/,
    /\bCould not find gem '(?<name>[\w.-]+)/,
  ),
  cause: ({name}) => `the gem ${name} is not installed`,
  hint: (_, {spec}) => `run bundle install in ${spec.directory}`,
};

const composer: Rule = {
  id: 'php-packages-missing',
  ...CODE,
  find: lastLine(/\bFailed opening required '[^']*vendor\/autoload\.php'/),
  cause: () => 'its PHP packages are not installed',
  hint: (_, {spec}) => `run composer install in ${spec.directory}`,
};

/** Something that a package manager provides is not there. */
export const DEPENDENCY_RULES: readonly Rule[] = [javaScriptPackage, pythonModule, goModule, rubyGem, composer];

function installPackage(name: string, {facts, spec}: Circumstances): string {
  const {packageManager, dependencies} = facts;
  if (packageManager === undefined) return `install ${name} with the project's package manager, in ${spec.directory}`;
  return dependencies.includes(name)
    ? `run ${installCommand(packageManager)} in ${spec.directory}`
    : `package.json does not list it: run ${addCommand(packageManager, name)} in ${spec.directory}`;
}

/** How a program that packages bring along comes into node_modules/.bin; undefined when nothing says that it would. */
export function installProgram(
  program: string,
  {facts, spec}: Pick<Circumstances, 'facts' | 'spec'>,
): string | undefined {
  const {packageManager, dependencies, isInstalled} = facts;
  if (packageManager === undefined || dependencies.length === 0) return undefined;
  const isListed = dependencies.includes(PROGRAMS_OF_PACKAGES.get(program) ?? program);
  const install = `run ${installCommand(packageManager)} in ${spec.directory}`;
  if (isListed) return `${install}, which puts ${program} into node_modules/.bin`;
  return isInstalled ? undefined : `${install}: its packages are not installed yet, and ${program} may come with them`;
}

/** Programs whose package has another name. */
const PROGRAMS_OF_PACKAGES: ReadonlyMap<string, string> = new Map([
  ['ng', '@angular/cli'],
  ['nest', '@nestjs/cli'],
  ['svelte-kit', '@sveltejs/kit'],
  ['react-router', '@react-router/dev'],
  ['remix', '@remix-run/dev'],
  ['tsc', 'typescript'],
  ['webpack', 'webpack-cli'],
  ['nuxi', 'nuxt'],
]);
