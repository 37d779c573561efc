import {renderCommand} from '../../../system/exec.js';
import {type Circumstances, type Evidence, lastLine, type Rule, type Words, wordsOf} from '../rule.js';

const typeScript: Rule = {
  id: 'typescript-unsupported',
  code: 'TYPESCRIPT_UNSUPPORTED',
  find: circumstances => findUnknownExtension(circumstances) ?? findSourceAsJavaScript(circumstances),
  cause: ({file, version}) =>
    `${version === undefined ? 'this Node' : `Node ${version}`} does not run TypeScript: ${file}`,
  hint: ({file = ''}) =>
    `use Node 22.18 or newer, which runs .ts files; or run it with tsx: ${renderCommand({file: 'npx', args: ['tsx', file]}, false)}`,
};

const typeScriptSyntax: Rule = {
  id: 'typescript-syntax-unsupported',
  code: 'TYPESCRIPT_UNSUPPORTED',
  find: lastLine(/^SyntaxError \[ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX\]: (?<error>.*)$/),
  cause: ({error}) => `${error}, as Node only takes types away`,
  hint: () => 'run the file with tsx in place of node, or write it without enum, namespace and parameter properties',
};

const nodeTooOld: Rule = {
  id: 'node-version-wrong',
  code: 'RUNTIME_VERSION_WRONG',
  find: circumstances => withVersion(findRequirement(circumstances), circumstances),
  cause: ({required, module, actual, version}) => {
    const node = actual ?? version;
    const having = node === undefined ? 'this Node' : `Node ${node.replace(/^v/, '')}`;
    return module === undefined ? `it needs Node ${required}, and runs on ${having}` : `${having} has no ${module}`;
  },
  hint: ({required}) =>
    required === undefined
      ? 'if a newer Node has it, switch to that in the terminal and start tako dev there again'
      : `switch to Node ${required} in the terminal, as with nvm or mise, and start tako dev there again`,
};

/** The runtime is not the one that the app was written for. */
export const RUNTIME_RULES: readonly Rule[] = [typeScript, typeScriptSyntax, nodeTooOld];

const findRequirement = (circumstances: Circumstances): Evidence | undefined =>
  npmEngine(circumstances) ?? stated(circumstances);

const stated = lastLine(
  /\bThe engine "node" is incompatible with this module\. Expected version "(?<required>[^"]+)"\. Got "(?<actual>[^"]+)"/,
  /\bFor Next\.js, Node\.js version "?(?<required>[^\s"]+)"? is required/,
  /\bVite requires Node\.js version (?<required>\d[\d.+]*(?: or \d[\d.+]*)?)/,
  /\bAngular CLI requires a minimum Node\.js version of (?<required>v?[\d.]+?)\.?(?:\s|$)/,
  /\bNo such built-in module: (?<module>node:[\w/-]+)/,
);

/** npm tells of both in lines of their own. */
function npmEngine({output}: Circumstances): Evidence | undefined {
  const line = output.findLastIndex(text => NPM_REQUIRED.test(text));
  const required = wordsOf(output[line] ?? '', [NPM_REQUIRED]);
  return required && {line, words: {...required, ...wordsOf(output[line + 1] ?? '', [NPM_ACTUAL])}};
}

const NPM_REQUIRED = /^npm (?:error|ERR!) notsup Required: +\{.*"node":"(?<required>[^"]+)"/;
const NPM_ACTUAL = /^npm (?:error|ERR!) notsup Actual: +\{.*"node":"(?<actual>[^"]+)"/;

function findUnknownExtension(circumstances: Circumstances): Evidence | undefined {
  return withVersion(
    lastLine(/\bUnknown file extension "\.[cm]?tsx?" for (?:file:\/\/)?(?<file>\S+\.[cm]?tsx?)/)(circumstances),
    circumstances,
  );
}

/** A Node that cannot take types away reads the file as JavaScript, and stumbles over the first of them. */
function findSourceAsJavaScript(circumstances: Circumstances): Evidence | undefined {
  const {output} = circumstances;
  const line = output.findLastIndex(text => /^SyntaxError: /.test(text));
  const file = output
    .slice(Math.max(0, line - MAX_LINES_ABOVE_ERROR), Math.max(0, line))
    .map(text => wordsOf(text, [/^(?:file:\/\/)?(?<file>\/\S+\.[cm]?tsx?):\d+$/])?.file)
    .findLast(found => found !== undefined);
  if (file === undefined) return undefined;
  const evidence = withVersion({line, words: {file}}, circumstances);
  return takesTypesAway(evidence?.words.version) ? undefined : evidence;
}

const MAX_LINES_ABOVE_ERROR = 6;

/** From 22.18 and 23.6 on, by default: nodejs.org/api/typescript.html, section Type stripping. Unknown counts as yes. */
function takesTypesAway(version: string | undefined): boolean {
  const [major = 0, minor = 0] = version?.split('.').map(Number) ?? [];
  if (major === 22) return minor >= 18;
  return version === undefined || major > 23 || (major === 23 && minor >= 6);
}

/** Node ends the report of an uncaught error with its version. */
function withVersion(evidence: Evidence | undefined, {output}: Circumstances): Evidence | undefined {
  const version = output
    .slice((evidence?.line ?? 0) + 1)
    .map(text => /^Node\.js v(\d+\.\d+\.\d+)$/.exec(text)?.[1])
    .find(found => found !== undefined);
  const words: Words = version === undefined ? {} : {version};
  return evidence && {...evidence, words: {...evidence.words, ...words}};
}
