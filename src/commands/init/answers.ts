import path from 'node:path';
import {TakoError} from '../../system/error.js';
import {exitAtSignals} from '../../system/interruption.js';
import {wantsPlain} from '../../ui/plain-mode.js';
import type {Answers, Question} from '../../ui/wizard/question.js';
import {printNote} from '../output.js';
import type {InitFlags} from './init-flags.js';
import {initialRoute} from './initial-config.js';
import {type Asked, NEW_FOLDER, NO_TEMPLATE, questionsFor} from './questions.js';
import {assertEmpty, isEmptyFolder, readTarget, type Target} from './target.js';
import {findTemplate} from './templates.js';

/** What is to be written, as the flags, the answers and the defaults say it. */
export type Wanted = {
  readonly target: Target;
  /** Undefined: the folder has its app already, or gets it otherwise. */
  readonly template: string | undefined;
  readonly name: string;
  /** Of production. Undefined: what tako.toml has stays. */
  readonly route: string | undefined;
  /** Whether somebody has seen what is going to happen. */
  readonly isConfirmed: boolean;
};

/** Asks what is not known where somebody can be asked, and takes the defaults elsewhere. Throws CANCELLED, TEMPLATE_UNKNOWN and FOLDER_NOT_EMPTY. */
export async function decideWanted(directory: string | undefined, flags: InitFlags): Promise<Wanted> {
  const known = await findTarget(directory, flags);
  assertPossible(known, flags);
  const questions = canAsk(flags) ? questionsFor({target: known, template: templateRole(known, flags)}, flags) : [];
  const answers = questions.length > 0 ? await ask(questions, known) : {};
  const target = known ?? (await readTarget(path.resolve(answers.folder ?? NEW_FOLDER)));
  const name = flags.name ?? answers.name ?? target.config?.name ?? target.name;
  const isRouted = (target.config?.routes.length ?? 0) > 0;
  return {
    target,
    template: chosenTemplate(flags, answers),
    name,
    route: flags.route ?? answers.route ?? (isRouted ? undefined : initialRoute(name)),
    isConfirmed: questions.length > 0 || flags.yes === true,
  };
}

/** What no answer would change is told before anything is asked. */
function assertPossible(target: Target | undefined, {template, new: isNew = false}: InitFlags): void {
  if (template !== undefined) findTemplate(template);
  if (target && (isNew || template !== undefined)) assertEmpty(target.folder);
}

/** Undefined: which folder it is has to be asked. */
async function findTarget(directory: string | undefined, flags: InitFlags): Promise<Target | undefined> {
  if (directory !== undefined) return readTarget(path.resolve(directory));
  if (flags.new !== true) return readTarget(process.cwd());
  return canAsk(flags) ? undefined : readTarget(path.resolve(NEW_FOLDER));
}

function templateRole(target: Target | undefined, flags: InitFlags): Asked['template'] {
  if (flags.new === true) return 'required';
  return target && isEmptyFolder(target.folder) ? 'offered' : 'no';
}

const canAsk = ({json, yes}: InitFlags): boolean =>
  !json && !yes && process.stdin.isTTY === true && process.stderr.isTTY === true;

/** What is begun where nobody can be asked. */
const FIRST_TEMPLATE = 'node';

function chosenTemplate(flags: InitFlags, answers: Answers): string | undefined {
  const chosen = flags.template ?? answers.template ?? (flags.new ? FIRST_TEMPLATE : undefined);
  return chosen === NO_TEMPLATE ? undefined : chosen;
}

/** The code of the screen is loaded where there is one. */
async function ask(questions: readonly Question[], target: Target | undefined): Promise<Answers> {
  exitAtSignals();
  const {stdin, stderr: stdout, env} = process;
  const {framework, dev} = target?.kind ?? {};
  if (framework !== undefined) printNote(`this is ${framework}${dev ? `, run by: ${dev.join(' ')}` : ''}`);
  const answers = wantsPlain({stdin, stdout}, env)
    ? await (await import('../../ui/wizard/plain-wizard.js')).askPlainly(questions, {stdin, stdout})
    : await (await import('../../ui/wizard/wizard-screen.js')).askOnScreen(questions, {stdin, stdout, env});
  if (answers) return answers;
  throw new TakoError('CANCELLED', 'nothing was written');
}
