// The wizard as rows of text: what was answered, the question that is asked, and the keys.

import type {Style} from '../style.js';
import type {Choice, Question} from './question.js';
import {currentQuestion, defaultAnswer, type WizardState} from './wizard-state.js';

export type WizardLine = {readonly key: string; readonly text: string};

/** Rows from the top. When it is over, the answers are all that is left of it. `rows`: how many there may be. */
export function wizardLines(state: WizardState, style: Style, rows: number): readonly WizardLine[] {
  const asked = state.outcome === 'answered' ? state.questions.length : state.place;
  const answered = state.questions.slice(0, asked).filter(({type}) => type !== 'review');
  const before = answered.map(({id, title}) => ({
    key: id,
    text: `${style.green('✓')} ${title} ${style.dim('·')} ${state.answers[id] ?? ''}`,
  }));
  if (state.outcome !== null) return before;
  const question = currentQuestion(state);
  const own = [
    `${style.cyan('?')} ${style.bold(question.title)}${inputOf(state, question, style)}`,
    ...hintsOf(question).map(hint => `  ${style.dim(hint)}`),
    ...bodyOf(state, question, style, rows - RESERVED_ROWS),
    ...(state.problem === null ? [] : [`  ${style.red(state.problem)}`]),
    BLANK,
    keysOf(state, question, style),
  ];
  return [...before.slice(-MAX_ANSWERED), ...own.map((text, index) => ({key: `${question.id} ${index}`, text}))];
}

/** A row without text has no height. */
const BLANK = ' ';

/** Of questions and answers before the choices of one, and the keys below them. */
const RESERVED_ROWS = 9;
const MAX_ANSWERED = 4;

function inputOf(state: WizardState, {type}: Question, style: Style): string {
  if (type !== 'text') return '';
  const cursor = style.inverse(' ');
  return state.typed === ''
    ? ` ${style.dim('›')} ${cursor}${style.dim(defaultAnswer(state))}`
    : ` ${style.dim('›')} ${state.typed}${cursor}`;
}

const hintsOf = (question: Question): readonly string[] =>
  question.type === 'review' || question.hint === undefined ? [] : [question.hint];

function bodyOf(state: WizardState, question: Question, style: Style, rows: number): readonly string[] {
  if (question.type === 'review') return question.lines(state.answers).map(line => `  ${line}`);
  return question.type === 'choice' ? choiceRows(question.choices, state.chosen, style, Math.max(3, rows)) : [];
}

/** As many as fit, with the one that is pointed at among them. */
function choiceRows(choices: readonly Choice[], chosen: number, style: Style, rows: number): readonly string[] {
  const start = Math.max(0, Math.min(chosen - Math.floor(rows / 2), choices.length - rows));
  const columns = Math.max(...choices.map(({label}) => label.length)) + 2;
  return choices.slice(start, start + rows).map(({label, about}, index) => {
    const isChosen = start + index === chosen;
    const name = label.padEnd(columns);
    return isChosen ? `${style.cyan('❯')} ${style.bold(name)}${about}` : `  ${name}${style.dim(about)}`;
  });
}

function keysOf({place}: WizardState, {type}: Question, style: Style): string {
  const hints = [
    ['enter', type === 'review' ? 'write it' : 'next'],
    ...(type === 'choice' ? [['↑↓', 'choose']] : []),
    ...(place > 0 ? [['esc', 'back']] : []),
    ['ctrl-c', 'leave, nothing is written'],
  ];
  return hints.map(([key = '', hint = '']) => `${style.bold(key)} ${style.dim(hint)}`).join('  ');
}
