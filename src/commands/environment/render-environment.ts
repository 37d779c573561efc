import type {VariableSource} from '../../config/variable-layers.js';
import {safeText} from '../../ui/safe-text.js';
import type {EnvironmentReport, ShownVariable} from './environment-report.js';

/** Of the terminal's width. Undefined: it goes into a file or a pipe, where nothing is cut. */
export type RenderOptions = {readonly columns: number | undefined};

/** The report for people: a row for each variable, then what only the terminal gives, then what is left to be done. */
export function renderEnvironment(report: EnvironmentReport, {columns}: RenderOptions): string {
  const rows = report.variables.filter(({source}) => source !== 'terminal').map(rowOf);
  const inherited = report.variables.filter(({source}) => source === 'terminal').map(({name}) => name);
  const blocks = [
    renderTable([['NAME', 'FROM', 'VALUE'], ...rows], columns),
    inherited.length > 0 ? `from this terminal, as they are: ${inherited.map(clean).join(', ')}` : '',
    describeSecrets(report),
    ...report.files.flatMap(file => describeFile(file, report.environment)),
  ];
  return blocks.filter(block => block !== '').join('\n\n');
}

const rowOf = (variable: ShownVariable): readonly string[] => [
  clean(variable.name),
  [nameOf(variable.source), ...overrides(variable)].join(', '),
  shownValue(variable),
];

function shownValue({value, source}: ShownVariable): string {
  if (value !== null) return clean(value);
  return source === 'secrets' ? '(secret)' : '(set at its start)';
}

const overrides = ({overrides}: ShownVariable): readonly string[] =>
  overrides.length > 0 ? [`not ${overrides.map(nameOf).join(', ')}`] : [];

function nameOf(source: VariableSource): string {
  if (source === 'terminal') return 'the terminal';
  return source.startsWith('vars') ? `[${source}]` : source;
}

/** One line, whatever is in it. */
const clean = (text: string): string =>
  safeText(text.replaceAll('\n', '\\n').replaceAll('\t', '\\t'), {isColour: false});

const GAP = 2;
/** Narrower than this a value says nothing any more. */
const MIN_VALUE_COLUMNS = 16;

/** Values are in the last column, where they may be as long as they are; what the terminal has no place for is cut. */
function renderTable(rows: readonly (readonly string[])[], columns = Number.POSITIVE_INFINITY): string {
  const widths = [0, 1].map(column => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  const free = Math.max(columns - widths.reduce((sum, width) => sum + width + GAP, 0), MIN_VALUE_COLUMNS);
  const gap = ' '.repeat(GAP);
  return rows
    .map(([name = '', from = '', value = '']) => [
      name.padEnd(widths[0] ?? 0),
      from.padEnd(widths[1] ?? 0),
      cut(value, free),
    ])
    .map(cells => cells.join(gap).trimEnd())
    .join('\n');
}

const cut = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text);

function describeSecrets({secrets: {delivery, names}, environment}: EnvironmentReport): string {
  if (names.length === 0 || delivery === 'environment') return '';
  const also = delivery === 'both' ? 'also ' : '';
  return `${also}by tako.secrets in ${environment}: ${names.join(', ')}`;
}

function describeFile({file, missing}: EnvironmentReport['files'][number], environment: string): readonly string[] {
  if (missing.length === 0) return [];
  return [
    `${file} has ${missing.map(clean).join(', ')}: tako does not load it\n  tako secrets import ${file} --env ${environment}`,
  ];
}
