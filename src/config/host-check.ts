// Dev servers refuse hosts they were not told of, against DNS rebinding. Names must work without an edit to the project, so
// each is told in the way it has: by a variable, or by showing it a name under .localhost, which all of them accept.

import type {Named} from './config.js';
import type {Framework} from './framework.js';
import type {ProjectFacts} from './project-facts.js';

export type HostCheckAnswer = {
  /** The name the upstream is to see as its Host and Origin. Undefined: the one the browser used. */
  readonly presentAs: string | undefined;
  /** The name it is to see when it was asked for by one that it cannot have been told of: another device's, as app.local. */
  readonly presentOnLan: string | undefined;
  /** What the paths for which it sees such a name have in them. Empty: all. */
  readonly presentPaths: readonly string[];
  readonly environment: Named<string>;
};

/** Read by Vite itself: one more allowed host, or `.zone` for every name in a zone. */
export const VITE_ALLOWED_HOSTS = '__VITE_ADDITIONAL_SERVER_ALLOWED_HOSTS';

/**
 * What makes an app's own server accept its hosts.
 *
 * Vite's variable was tried with each major's newest version: 5.4.21 checks hosts, but does not know it (6.0.11 neither, 6.1.0
 * does); 6.4.6, 7.3.8 and 8.0.0 take exactly one value, so that a list allows nothing; 8.3.8 takes a list with commas. So
 * the variable is used where one value is enough and known, and `app.localhost` where it is not: every version accepts that.
 */
export function decideHostCheck(
  framework: Framework | undefined,
  {viteVersion}: Pick<ProjectFacts, 'viteVersion'>,
  {name, hosts}: {readonly name: string; readonly hosts: readonly string[]},
): HostCheckAnswer {
  if (framework === undefined || framework.hostCheck === 'none') return ASKED_FOR_NOTHING;
  const presented = `${name}.localhost`;
  const onLan = {presentOnLan: presented, presentPaths: framework.hostCheckPaths};
  const suffixes = suffixesOf(hosts);
  if (suffixes.length === 0) return {...ASKED_FOR_NOTHING, ...onLan};
  const [suffix] = suffixes;
  const isEnough = suffixes.length === 1 && knowsVariable(viteVersion);
  return framework.hostCheck === 'env' && isEnough && suffix !== undefined
    ? {...ASKED_FOR_NOTHING, ...onLan, environment: {[VITE_ALLOWED_HOSTS]: suffix}}
    : {...ASKED_FOR_NOTHING, ...onLan, presentAs: presented};
}

const ASKED_FOR_NOTHING: HostCheckAnswer = {
  presentAs: undefined,
  presentOnLan: undefined,
  presentPaths: [],
  environment: {},
};

/** What covers all hosts, each with the names below it. Nobody can register names under .test: it is allowed as a whole. */
function suffixesOf(hosts: readonly string[]): readonly string[] {
  const suffixes = hosts
    .map(host => host.replace(/^\*\./, ''))
    .filter(host => !host.endsWith('.localhost') && host !== 'localhost')
    .map(host => (host === 'test' || host.endsWith('.test') ? '.test' : `.${host}`));
  return [...new Set(suffixes)].filter(suffix => !suffixes.some(other => other !== suffix && suffix.endsWith(other)));
}

/** Unknown is taken for a current one: it is installed somewhere we do not look. */
function knowsVariable(version: string | undefined): boolean {
  const [, major = 0, minor = 0] = /^(\d+)\.(\d+)/.exec(version ?? '6.1')?.map(Number) ?? [];
  return major > 6 || (major === 6 && minor >= 1);
}
