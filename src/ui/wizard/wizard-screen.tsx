import type {Readable, Writable} from 'node:stream';
import {Box, render, Text, useInput, usePaste, useWindowSize} from 'ink';
import {type ReactNode, useEffect, useReducer} from 'react';
import {useTerminal} from '../hooks/use-terminal.js';
import {keysOf} from '../keys/typed-keys.js';
import {type Environment, type Style, styleFor} from '../style.js';
import {openTerminal, type Terminal} from '../terminal.js';
import type {Answers, Question} from './question.js';
import {wizardLines} from './wizard-lines.js';
import {createWizard, pasteText, pressKey, type WizardState} from './wizard-state.js';

export type WizardStreams = {
  readonly stdin: Readable & {readonly isTTY?: boolean};
  /** A terminal. */
  readonly stdout: Writable & {readonly isTTY?: boolean};
  readonly env: Environment;
};

/** Asks the questions in the terminal, inline. Resolves when it is as it was; undefined: they were left by Ctrl-C. */
export async function askOnScreen(
  questions: readonly Question[],
  {stdin, stdout, env}: WizardStreams,
): Promise<Answers | undefined> {
  const {promise: ended, resolve: end} = Promise.withResolvers<WizardState>();
  const terminal = openTerminal({stdin, stdout});
  const ink = render(<Wizard {...{questions, terminal, style: styleFor(stdout, env), end}} />, {
    stdin,
    stdout,
    exitOnCtrlC: false,
    patchConsole: false,
    // The caller has decided that there is a terminal, also where Ink believes to be in CI.
    interactive: true,
  });
  const left = ink.waitUntilExit().catch(() => undefined);
  const {outcome, answers} = await ended;
  await ink.waitUntilRenderFlush();
  ink.unmount();
  await left;
  terminal.close();
  return outcome === 'answered' ? answers : undefined;
}

type WizardProps = {
  readonly questions: readonly Question[];
  readonly terminal: Terminal;
  readonly style: Style;
  /** Called when it is over, with the last frame drawn. */
  readonly end: (state: WizardState) => void;
};

type WizardEvent = {readonly keys: readonly string[]} | {readonly pasted: string};

function Wizard({questions, terminal, style, end}: WizardProps): ReactNode {
  const {rows} = useWindowSize();
  const [state, take] = useReducer(reduceWizard, questions, createWizard);
  useTerminal(terminal);
  useInput((input, key) => take({keys: keysOf(input, key)}));
  usePaste(text => take({pasted: text}));
  useEffect(() => {
    if (state.outcome !== null) end(state);
  }, [state, end]);
  return (
    <Box flexDirection="column">
      {wizardLines(state, style, rows).map(({key, text}) => (
        <Text key={key} wrap="truncate-end">
          {text}
        </Text>
      ))}
    </Box>
  );
}

const reduceWizard = (state: WizardState, event: WizardEvent): WizardState =>
  'pasted' in event ? pasteText(state, event.pasted) : event.keys.reduce(pressKey, state);
