// What `tako init` asks on a terminal: what its flags have not said.

import path from 'node:path';
import {FALLBACK_NAME} from '../../config/parse-config.js';
import {sanitizeName} from '../../config/project-name.js';
import {isAppName} from '../../config/value.js';
import {parseRoute} from '../../proxy/route-syntax.js';
import type {Answers, Question} from '../../ui/wizard/question.js';
import type {InitFlags} from './init-flags.js';
import {initialRoute} from './initial-config.js';
import {isEmptyFolder, type Target} from './target.js';
import {listTemplates} from './templates.js';

/** What the answer to the question for a template is when none is wanted. */
export const NO_TEMPLATE = 'none';

export type Asked = {
  /** Undefined: the folder itself is asked for. */
  readonly target: Target | undefined;
  /** `required`: there has to be one. */
  readonly template: 'no' | 'offered' | 'required';
};

/** In the order in which they are asked. Empty: the flags say everything. */
export function questionsFor({target, template}: Asked, flags: InitFlags): readonly Question[] {
  const asked = [
    ...(target === undefined ? [FOLDER] : []),
    ...(template === 'no' || flags.template !== undefined ? [] : [templateQuestion(template)]),
    ...(flags.name === undefined ? [nameQuestion(target)] : []),
    ...(flags.route === undefined ? [routeQuestion(target, flags)] : []),
  ];
  return asked.length === 0 ? [] : [...asked, review(target, flags)];
}

/** Where a new app begins when nothing says it. */
export const NEW_FOLDER = 'my-app';

const FOLDER: Question = {
  type: 'text',
  id: 'folder',
  title: 'Folder',
  hint: 'a new one, or one that is empty',
  initial: () => NEW_FOLDER,
  check: value => (isEmptyFolder(path.resolve(value)) ? undefined : 'there is something in it already'),
};

function templateQuestion(template: Asked['template']): Question {
  const choices = listTemplates().map(({id, title}) => ({value: id, label: id, about: title}));
  const none = {value: NO_TEMPLATE, label: NO_TEMPLATE, about: 'only a tako.toml, for what you bring yourself'};
  return {
    type: 'choice',
    id: 'template',
    title: 'What is it to be?',
    choices: template === 'required' ? choices : [...choices, none],
  };
}

const nameQuestion = (target: Target | undefined): Question => ({
  type: 'text',
  id: 'name',
  title: 'Name',
  hint: 'of the app: it is at https://NAME.test on your machine',
  initial: answers => defaultName(target, answers),
  check: value => (isAppName(value) ? undefined : 'use a-z, 0-9 and "-", with a letter first and no "-" at the end'),
});

function defaultName(target: Target | undefined, {folder = NEW_FOLDER}: Answers): string {
  if (target) return target.config?.name ?? target.name;
  return sanitizeName(path.basename(path.resolve(folder))) || FALLBACK_NAME;
}

const routeQuestion = (target: Target | undefined, flags: InitFlags): Question => ({
  type: 'text',
  id: 'route',
  title: 'Production route',
  hint: 'where the app will be on your server; it can be changed in tako.toml at any time',
  initial: ({name}) => target?.config?.routes[0] ?? initialRoute(name ?? flags.name ?? FALLBACK_NAME),
  check: checkRoute,
});

function checkRoute(value: string): string | undefined {
  const parsed = parseRoute(value);
  return parsed.ok ? undefined : parsed.problem;
}

function review(target: Target | undefined, flags: InitFlags): Question {
  return {
    type: 'review',
    id: 'review',
    title: target?.config === undefined ? 'Write it?' : 'Change tako.toml?',
    lines: answers => reviewLines({...flags, ...answers}, target?.folder),
  };
}

/** Those of the flags and those that were given. */
type AllAnswers = Pick<InitFlags, 'template' | 'name' | 'route'> & {readonly folder?: string};

/** `folder`: of the app, where it is not asked for. */
function reviewLines({template = NO_TEMPLATE, name, route, ...answers}: AllAnswers, folder: string | undefined) {
  const what = template === NO_TEMPLATE ? 'tako.toml' : `a new app from ${template}`;
  return [
    `${what} in ${folder ?? path.resolve(answers.folder ?? NEW_FOLDER)}`,
    `https://${name}.test on your machine, https://${route} on your server`,
  ];
}
