import type {Style} from '../../ui/style.js';
import type {Finding} from './finding.js';

/**
 * For people: a line for each finding, and below those that have it in common why it matters and what to do about it. The
 * last line sums up, and says what to do next where something is wrong.
 */
export const renderReport = (findings: readonly Finding[], style: Style, next: string): string =>
  [...renderFindings(findings, style), '', summarize(findings, style, next)].join('\n');

export function renderFindings(findings: readonly Finding[], style: Style): readonly string[] {
  const width = Math.max(0, ...findings.map(({id}) => id.length));
  return groupsOf(findings).flatMap(group => renderGroup(group, width, style));
}

/** Neighbours with the same fix: ten clients that miss one root are mended once. */
function groupsOf(findings: readonly Finding[]): readonly (readonly Finding[])[] {
  const groups: Finding[][] = [];
  for (const finding of findings) {
    const last = groups.at(-1);
    if (last?.[0] && isAlike(last[0], finding)) last.push(finding);
    else groups.push([finding]);
  }
  return groups;
}

const isAlike = (one: Finding, other: Finding): boolean =>
  one.severity === other.severity && one.fix === other.fix && one.why === other.why;

const MARKS = {ok: 'ok     ', warning: 'warning', error: 'error  '} as const;

function renderGroup(group: readonly Finding[], width: number, style: Style): readonly string[] {
  const [first] = group;
  const indent = ' '.repeat(MARKS.ok.length + 2);
  const lines = group.map(
    ({severity, id, observed}) =>
      `${paint(severity, style)(MARKS[severity])}  ${style.dim(id.padEnd(width))}  ${observed.replaceAll('\n', `\n${indent}  `)}`,
  );
  if (first === undefined || first.severity === 'ok') return lines;
  return [
    ...lines,
    `${indent}why: ${first.why}`,
    ...(first.fix === null ? [] : [`${indent}fix: ${style.bold(first.fix)}`]),
  ];
}

const paint = (severity: Finding['severity'], style: Style): ((text: string) => string) =>
  ({ok: style.green, warning: style.yellow, error: style.red})[severity];

function summarize(findings: readonly Finding[], style: Style, next: string): string {
  const count = (severity: Finding['severity']): number =>
    findings.filter(finding => finding.severity === severity).length;
  const [errors, warnings] = [count('error'), count('warning')];
  if (errors + warnings === 0) return style.green(`nothing is wrong: ${findings.length} things were tried`);
  const parts = [plural(errors, 'error'), plural(warnings, 'warning'), `${count('ok')} ok`].filter(Boolean);
  return `${parts.join(', ')}; ${next}`;
}

const plural = (count: number, word: string): string =>
  count === 0 ? '' : `${count} ${word}${count === 1 ? '' : 's'}`;
