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
    renderTable([['NAME', 'VALUE', 'FROM'], ...rows], columns),
    inherited.length > 0 ? `from this terminal, as they are: ${inherited.map(clean).join(', ')}` : '',
    describeSecrets(report),
    ...report.files.flatMap(file => describeFile(file, report.environment)),
  ];
  return blocks.filter(block => block !== '').join('\n\n');
}

const rowOf = (variable: ShownVariable): readonly string[] => [
  clean(variable.name),
  shownValue(variable),
  [nameOf(variable.source), ...overrides(variable)].join(', '),
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

/** What is too long for the terminal is cut in the second of three columns, which alone can be long. */
function renderTable(rows: readonly (readonly string[])[], columns: number | undefined): string {
  const [names = 0, values = 0, sources = 0] = [0, 1, 2].map(column => widest(rows, column));
  const free = columns === undefined ? values : columns - names - sources - 2 * GAP;
  const widths = [names, Math.min(values, Math.max(free, MIN_VALUE_COLUMNS)), 0];
  return rows
    .map(row => row.map((text, column) => pad(text, widths[column] ?? 0)).join(' '.repeat(GAP)))
    .map(line => line.trimEnd())
    .join('\n');
}

const widest = (rows: readonly (readonly string[])[], column: number): number =>
  Math.max(...rows.map(row => row[column]?.length ?? 0));

/** A width of 0 is none. */
const pad = (text: string, width: number): string =>
  width > 0 && text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);

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
