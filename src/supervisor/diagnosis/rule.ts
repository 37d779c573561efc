import type {LaunchSpec} from '../launch-spec.js';
import type {Facts} from './facts.js';
import type {Failure} from './failure.js';
import {quote} from './output.js';

/** All that an explanation may be made of. */
export type Circumstances = {
  readonly spec: LaunchSpec;
  readonly failure: Failure;
  /** As `readOutput` gives it. */
  readonly output: readonly string[];
  readonly facts: Facts;
};

/** What an error of the app says to its user. `message` and `hint` are as in TakoError. */
export type Explanation = {readonly code: string; readonly message: string; readonly hint?: string};

/** Where in the output a cause shows, and the words there that name it. */
export type Evidence = {readonly line: number; readonly words: Words};
export type Words = Readonly<Record<string, string>>;

/** One cause that an app's output can show. */
export type Rule = {
  readonly id: string;
  readonly code: string;
  /** The last place in the output that shows this cause. It must not answer on a mere likelihood. */
  readonly find: (circumstances: Circumstances) => Evidence | undefined;
  /** A clause: `express is not installed`. */
  readonly cause: (words: Words, circumstances: Circumstances) => string;
  /** The one next step. */
  readonly hint: (words: Words, circumstances: Circumstances) => string;
};

/** Finds the last line that one of the patterns matches. Their named groups are the words, fit to be quoted. */
export const lastLine =
  (...patterns: readonly RegExp[]): Rule['find'] =>
  ({output}) => {
    for (let line = output.length - 1; line >= 0; line--) {
      const words = wordsOf(output[line] ?? '', patterns);
      if (words) return {line, words};
    }
    return undefined;
  };

/** The named groups of the first pattern that matches. */
export function wordsOf(text: string, patterns: readonly RegExp[]): Words | undefined {
  for (const pattern of patterns) {
    const match = pattern.exec(text);
    if (match) return quoteAll(match.groups ?? {});
  }
  return undefined;
}

const quoteAll = (groups: Readonly<Record<string, string | undefined>>): Words =>
  Object.fromEntries(
    Object.entries(groups).flatMap(([name, text]) => (text === undefined ? [] : [[name, quote(text)]])),
  );
