// A wizard: questions one after the other, each with a default, and a way back to the one before. Nothing happens until the
// last of them is answered.

import type {Answers, ChoiceQuestion, Question} from './question.js';

export type WizardState = {
  readonly questions: readonly Question[];
  /** The place of the question that is asked. */
  readonly place: number;
  readonly answers: Answers;
  /** What has been typed of a text. */
  readonly typed: string;
  /** The place of the choice that is pointed at. */
  readonly chosen: number;
  /** What is wrong with what was typed. */
  readonly problem: string | null;
  /** How it ended. Null: it goes on. */
  readonly outcome: 'answered' | 'left' | null;
};

/** The wizard at its first question. There has to be one. */
export const createWizard = (questions: readonly Question[]): WizardState =>
  enter({questions, place: 0, answers: {}, typed: '', chosen: 0, problem: null, outcome: null}, 0);

/** The question that is asked. */
export function currentQuestion({questions, place}: WizardState): Question {
  const question = questions[place];
  if (!question) throw new Error('a wizard without a question');
  return question;
}

/** What counts as the answer when nothing is typed: that of before, else the default. */
export function defaultAnswer(state: WizardState): string {
  const question = currentQuestion(state);
  const before = state.answers[question.id];
  return before ?? (question.type === 'text' ? question.initial(state.answers) : '');
}

/** Answers the question that is asked, and goes on to the next one; a wrong answer stays, with what is wrong with it. */
export function giveAnswer(state: WizardState, value: string): WizardState {
  const question = currentQuestion(state);
  const problem = findProblem(question, value, state.answers);
  if (problem !== undefined) return {...state, problem};
  const answers = question.type === 'review' ? state.answers : {...state.answers, [question.id]: value};
  const isLast = state.place === state.questions.length - 1;
  return isLast ? {...state, answers, problem: null, outcome: 'answered'} : enter({...state, answers}, state.place + 1);
}

/** Asks the question before once more; at the first one there is none. */
export const goBack = (state: WizardState): WizardState => enter(state, Math.max(0, state.place - 1));

/** A key as `keysOf` names it. Text questions take letters, choices arrows. */
export function pressKey(state: WizardState, key: string): WizardState {
  if (state.outcome !== null) return state;
  if (key === 'ctrl-c') return {...state, outcome: 'left'};
  if (key === 'escape') return goBack(state);
  if (key === 'enter') return giveAnswer(state, typedAnswer(state));
  const question = currentQuestion(state);
  if (question.type === 'text') return typeKey(state, key);
  return question.type === 'choice' ? movePointer(state, question, key) : state;
}

/** What was pasted, as far as it is one line. */
export function pasteText(state: WizardState, text: string): WizardState {
  const [line = ''] = text.split(/[\r\n]/);
  const isText = currentQuestion(state).type === 'text' && state.outcome === null;
  return isText ? {...state, typed: state.typed + line, problem: null} : state;
}

function enter(state: WizardState, place: number): WizardState {
  const question = state.questions[place];
  const before = question && state.answers[question.id];
  const chosen = question?.type === 'choice' ? question.choices.findIndex(({value}) => value === before) : 0;
  return {...state, place, typed: '', chosen: Math.max(0, chosen), problem: null};
}

function findProblem(question: Question, value: string, answers: Answers): string | undefined {
  switch (question.type) {
    case 'text':
      return question.check(value, answers);
    case 'choice': {
      const values = question.choices.map(choice => choice.value);
      return values.includes(value) ? undefined : `choose one of ${values.join(', ')}`;
    }
    case 'review':
      return /^(?:y|yes)?$/i.test(value) ? undefined : 'press Enter to go on, Ctrl-C to leave';
  }
}

function typedAnswer(state: WizardState): string {
  const question = currentQuestion(state);
  if (question.type === 'choice') return question.choices[state.chosen]?.value ?? '';
  return state.typed.trim() === '' ? defaultAnswer(state) : state.typed.trim();
}

function typeKey(state: WizardState, key: string): WizardState {
  const {typed} = state;
  if (key === 'backspace') return {...state, typed: [...typed].slice(0, -1).join(''), problem: null};
  if (key === 'ctrl-u') return {...state, typed: '', problem: null};
  const letter = key === 'space' ? ' ' : key;
  return [...letter].length === 1 ? {...state, typed: typed + letter, problem: null} : state;
}

function movePointer(state: WizardState, {choices}: ChoiceQuestion, key: string): WizardState {
  const step = STEPS[key];
  if (step === undefined) return state;
  return {...state, chosen: (state.chosen + step + choices.length) % choices.length};
}

const STEPS: Readonly<Record<string, number>> = {down: 1, j: 1, tab: 1, up: -1, k: -1};
