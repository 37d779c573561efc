import {ownPlace} from '../code-place.js';
import {type Circumstances, type Evidence, type Rule, type Words, wordsOf} from '../rule.js';
import {findStack} from '../stack.js';

const syntaxError: Rule = {
  id: 'syntax-error',
  code: 'APP_SYNTAX_ERROR',
  find: circumstances => placedError(circumstances) ?? compilerError(circumstances),
  cause: ({error, place}) => `${error} in ${place}`,
  hint: ({place}) => `correct ${place}`,
};

const crash: Rule = {
  id: 'stack',
  code: 'APP_CRASHED',
  find: findStack,
  cause: words => `${words.error}${words.place === undefined ? '' : ` at ${words.place}`}`,
  hint: (words, circumstances) => lookAt(words, circumstances),
};

/** The app's own code is at fault, as far as its output shows. */
export const CODE_RULES: readonly Rule[] = [syntaxError, crash];

const lookAt = ({place}: Words, {spec}: Circumstances): string =>
  place === undefined
    ? 'the lines above it in the output show where it comes from'
    : `look at ${place} in ${spec.directory}`;

/** Node and Python write the place above the error. JSON that is read at run time has none. */
const SYNTAX_ERROR = /^(?<error>(?:SyntaxError|IndentationError|TabError): .*)$/;
const MAX_LINES_ABOVE_ERROR = 6;

function placedError(circumstances: Circumstances): Evidence | undefined {
  const {output} = circumstances;
  const line = output.findLastIndex(text => SYNTAX_ERROR.test(text));
  const words = wordsOf(output[line] ?? '', [SYNTAX_ERROR]);
  if (!words) return undefined;
  for (let above = line - 1; above >= Math.max(0, line - MAX_LINES_ABOVE_ERROR); above--) {
    const place = ownPlace(output[above] ?? '', circumstances);
    if (place !== undefined) return {line, words: {...words, place}};
  }
  return undefined;
}

/** Go's compiler writes the place and the error into one line, below the name of the package. */
function compilerError(circumstances: Circumstances): Evidence | undefined {
  const {output} = circumstances;
  const line = output.findIndex(text => GO_ERROR.test(text));
  const isCompiling = output.slice(0, Math.max(0, line)).some(text => text.startsWith('# '));
  const words = wordsOf(output[line] ?? '', [GO_ERROR]);
  const place = ownPlace(output[line] ?? '', circumstances);
  return words && isCompiling && place !== undefined ? {line, words: {...words, place}} : undefined;
}

const GO_ERROR = /^[^\s:]+\.go:\d+:\d+: (?<error>.+)$/;
