import type {z} from 'zod';
import {type ConfigProblem, type Finding, locateFindings} from './problem.js';
import {parseToml, type TomlTable} from './toml.js';

export type Parsed<T> =
  | {readonly ok: true; readonly value: T; readonly warnings: readonly ConfigProblem[]}
  | {readonly ok: false; readonly problems: readonly ConfigProblem[]};

/** What keys mean together; looked at even where single keys are wrong, so that all is reported at once. */
export type DocumentRules = {
  problems(table: TomlTable): readonly Finding[];
  warnings(table: TomlTable): readonly Finding[];
};

const NO_RULES: DocumentRules = {problems: () => [], warnings: () => []};

/** Reads a TOML file's text against its schema and rules. `file` is the name shown in problems. */
export function parseDocument<T>(
  text: string,
  file: string,
  schema: z.ZodType<T>,
  rules: DocumentRules = NO_RULES,
): Parsed<T> {
  const toml = parseToml(text);
  if (!toml.ok) return {ok: false, problems: [{file, ...toml.position, key: '', message: toml.message}]};
  const {value: root, locate} = toml.document;
  const result = schema.safeParse(root);
  const findings = [...(result.error?.issues.map(findingOf) ?? []), ...rules.problems(root)];
  return result.success && findings.length === 0
    ? {ok: true, value: result.data, warnings: locateFindings(rules.warnings(root), file, locate)}
    : {ok: false, problems: locateFindings(findings, file, locate)};
}

function findingOf(issue: z.core.$ZodIssue): Finding {
  const params = issue.code === 'custom' ? issue.params : undefined;
  const knownKeys: unknown = params?.knownKeys;
  return {
    // A path of zod may hold symbols; the keys of a TOML file are never symbols.
    path: issue.path.filter(step => typeof step !== 'symbol'),
    message: issue.message,
    ...(Array.isArray(knownKeys) ? {knownKeys} : {}),
  };
}
