// The same questions line by line, where nothing can be redrawn: on a dumb terminal, or one that is read aloud.

import {createInterface} from 'node:readline';
import type {Readable, Writable} from 'node:stream';
import type {Answers, Question} from './question.js';
import {createWizard, currentQuestion, defaultAnswer, giveAnswer, goBack, type WizardState} from './wizard-state.js';

export type PlainWizardStreams = {readonly stdin: Readable; readonly stdout: Writable};

const BACK = '<';

/** Asks the questions, one line each. Undefined: they were left, by Ctrl-C or the end of the input. */
export async function askPlainly(
  questions: readonly Question[],
  {stdin, stdout}: PlainWizardStreams,
): Promise<Answers | undefined> {
  const lines = createInterface({input: stdin, output: stdout});
  // A terminal that goes away, Ctrl-D and Ctrl-C leave a question open for ever otherwise.
  lines.once('SIGINT', () => lines.close());
  const answers = lines[Symbol.asyncIterator]();
  try {
    lines.setPrompt('');
    stdout.write(`Enter takes what is in brackets, ${BACK} goes back.\n`);
    let state = createWizard(questions);
    while (state.outcome === null) {
      stdout.write(promptOf(state));
      const {value, done} = await answers.next();
      if (done === true) return undefined;
      state = readLine(state, String(value).trim());
      if (state.problem !== null) stdout.write(`  ${state.problem}\n`);
    }
    return state.answers;
  } finally {
    lines.close();
  }
}

function promptOf(state: WizardState): string {
  const question = currentQuestion(state);
  if (question.type === 'text') return `${question.title} [${defaultAnswer(state)}]: `;
  if (question.type === 'review') {
    return `${question.lines(state.answers).join('\n')}\n${question.title} [enter]: `;
  }
  const rows = question.choices.map(({label, about}, index) => `  ${index + 1}  ${label}: ${about}\n`);
  return `${question.title}\n${rows.join('')}number [${state.chosen + 1}]: `;
}

function readLine(state: WizardState, line: string): WizardState {
  if (line === BACK) return goBack(state);
  return giveAnswer({...state, problem: null}, line === '' ? answerByDefault(state) : meantBy(state, line));
}

function answerByDefault(state: WizardState): string {
  const question = currentQuestion(state);
  return question.type === 'choice' ? (question.choices[state.chosen]?.value ?? '') : defaultAnswer(state);
}

/** Choices are named by their number, too. */
function meantBy(state: WizardState, line: string): string {
  const question = currentQuestion(state);
  const numbered = question.type === 'choice' && /^\d+$/.test(line) ? question.choices[Number(line) - 1] : undefined;
  return numbered?.value ?? line;
}
