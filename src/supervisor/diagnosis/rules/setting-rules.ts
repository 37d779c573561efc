import {type Circumstances, type Evidence, lastLine, type Rule, wordsOf} from '../rule.js';

/** Something that is configured by an environment variable is not. */
const variableMissing: Rule = {
  id: 'variable-missing',
  code: 'SETTING_MISSING',
  find: circumstances => latest([sentence(circumstances), heading(circumstances), pythonEnvironment(circumstances)]),
  cause: ({name}) => `the environment variable ${name} is not set`,
  hint: ({name}, {facts: {manifests}}) => {
    const example = manifests.find(manifest => manifest.startsWith('.env.'));
    return `set ${name} under [vars.development] in tako.toml, or in the app's own .env${example ? `, as in ${example}` : ''}`;
  },
};

export const SETTING_RULES: readonly Rule[] = [variableMissing];

/** Says so of one variable, and names it. */
const sentence = lastLine(
  /\b[Mm]issing (?:a |the )?(?:[Rr]equired )?(?:[Ee]nvironment|[Ee]nv) ?[Vv]ar(?:iable)?s?\b[:\s"'`(]{0,4}(?<name>[A-Z][A-Z\d_]{1,60})\b/,
  /\b[Ee]nvironment [Vv]ariable not found: (?<name>[A-Z][A-Z\d_]{1,60})\b/,
  /\b[Ee]nvironment [Vv]ariable ["'`]?(?<name>[A-Z][A-Z\d_]{1,60})["'`]? (?:is|was|must be|has to be) (?:not (?:set|defined|found)|missing|required|undefined|unset|set|defined)\b/,
  /\b(?<name>[A-Z][A-Z\d]{0,30}_[A-Z\d_]{1,60})["'`]? (?:environment variable |env var )?(?:is|was) (?:not (?:set|defined)|missing|required|undefined|unset)\b/,
  /\b(?<name>[A-Z][A-Z\d]{0,30}_[A-Z\d_]{1,60})["'`]? (?:environment variable |env var )?must be (?:set|defined|provided)\b/,
  /\bThe (?<name>[A-Z][A-Z\d_]{1,60}) setting must not be empty\b/,
  // Ruby's ENV.fetch
  /\bkey not found: "(?<name>[A-Z][A-Z\d_]{1,60})" \(KeyError\)/,
);

/** Announces several variables and names them below: dotenv-safe, envalid, t3-env. */
const HEADING =
  /\b(?:[Mm]issing|[Ii]nvalid) [Ee]nvironment [Vv]ariables?:|\bdefined in \.env\.example but are not present in the environment:/;

const MAX_LINES_BELOW_HEADING = 4;

function heading({output}: Circumstances): Evidence | undefined {
  const line = output.findLastIndex(text => HEADING.test(text));
  if (line < 0) return undefined;
  const below = output.slice(line + 1, line + 1 + MAX_LINES_BELOW_HEADING);
  for (const text of below) {
    const words = wordsOf(text, [
      /^[\s'"[{(*-]{0,12}(?<name>[A-Z][A-Z\d_]{1,60})\b/,
      /\bpath: \[ ?["'](?<name>[A-Z][A-Z\d_]{1,60})/,
    ]);
    if (words) return {line, words};
  }
  return undefined;
}

/** Python's os.environ: a KeyError like any other, but for the frame above it. */
function pythonEnvironment({output}: Circumstances): Evidence | undefined {
  const line = output.findLastIndex(text => PYTHON_KEY.test(text));
  const frame = output[line - 1] ?? '';
  // A frame of os.py may be followed by the line of its source.
  const above = PYTHON_ENVIRONMENT.test(frame) || PYTHON_ENVIRONMENT.test(output[line - 2] ?? '');
  const words = wordsOf(output[line] ?? '', [PYTHON_KEY]);
  return words && above ? {line, words} : undefined;
}

const PYTHON_KEY = /^KeyError: '(?<name>[A-Z][A-Z\d_]{1,60})'$/;
const PYTHON_ENVIRONMENT = /File "(?:<frozen os>|[^"]*\/os\.py)", line \d+, in __getitem__/;

const latest = (found: readonly (Evidence | undefined)[]): Evidence | undefined =>
  found.reduce((best, next) => (next && next.line > (best?.line ?? -1) ? next : best), undefined);
