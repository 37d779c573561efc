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
  const told = new Set<string>();
  return groupsOf(findings).flatMap(group => renderGroup(group, {width, style, told}));
}

/** Those with the same fix, where the first of them is: ten clients that miss one root are mended once. */
const groupsOf = (findings: readonly Finding[]): readonly (readonly Finding[])[] => [
  ...Map.groupBy(findings, finding => {
    const {id, severity, why, fix} = finding;
    return severity === 'ok' ? finding : JSON.stringify([id.split('-')[0], severity, why, fix]);
  }).values(),
];

type Look = {
  /** Of the longest id. */
  readonly width: number;
  readonly style: Style;
  /** What was said already of why something matters. */
  readonly told: Set<string>;
};

const MARKS = {ok: 'ok     ', warning: 'warning', error: 'error  '} as const;

function renderGroup(group: readonly Finding[], {width, style, told}: Look): readonly string[] {
  const indent = ' '.repeat(MARKS.ok.length + 2);
  const lines = group.map(({severity, id, observed}) => {
    const text = observed.replaceAll('\n', `\n${indent}  `);
    return `${paint(severity, style)(MARKS[severity])}  ${style.dim(id.padEnd(width))}  ${text}`;
  });
  const [first] = group;
  if (first === undefined || first.severity === 'ok') return lines;
  const isNew = !told.has(first.why);
  told.add(first.why);
  return [
    ...lines,
    ...(isNew ? [`${indent}why: ${first.why}`] : []),
    ...(first.fix === null ? [] : [`${indent}fix: ${style.bold(first.fix)}`]),
  ];
}

const paint = (severity: Finding['severity'], style: Style): ((text: string) => string) =>
  ({ok: style.green, warning: style.yellow, error: style.red})[severity];

function summarize(findings: readonly Finding[], style: Style, next: string): string {
  const count = (severity: Finding['severity']): number =>
    findings.filter(finding => finding.severity === severity).length;
  const [errors, warnings] = [count('error'), count('warning')];
  if (errors + warnings === 0)
    return style.green(
      `nothing is wrong: ${findings.length} ${findings.length === 1 ? 'thing was' : 'things were'} tried`,
    );
  const parts = [plural(errors, 'error'), plural(warnings, 'warning'), `${count('ok')} ok`].filter(Boolean);
  return `${parts.join(', ')}; ${next}`;
}

const plural = (count: number, word: string): string =>
  count === 0 ? '' : `${count} ${word}${count === 1 ? '' : 's'}`;
