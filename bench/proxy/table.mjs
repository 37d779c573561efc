// The results as text.

/** One work: a line for each proxy, then one for each comparison. */
export function renderWork({name, title, unit, note, upstream, rows, comparisons, failures}) {
  const head = `${name}: ${title}`;
  const details = [note, upstream && `upstream ${upstream}`].filter(part => part !== undefined).join(', ');
  const measured =
    rows.length === 0
      ? ''
      : renderTable([['', `median ${unit}`, 'min .. max', 'CPU µs/request', 'core used', ''], ...rows.map(renderRow)]);
  const compared = comparisons.length === 0 ? '' : renderTable([COMPARISON_HEAD, ...comparisons.map(renderComparison)]);
  const failed = failures.map(({proxy, reason}) => `  ${proxy} failed: ${reason}`).join('\n');
  return [head, details && `  (${details})`, measured, compared, failed].filter(part => part !== '').join('\n');
}

const COMPARISON_HEAD = ['tako beside', 'ratio', 'CPU ratio', 'target', ''];

const renderRow = ({proxy, median, min, max, cpuMicrosecondsPerRequest, busy, failed, notes}) => [
  proxy,
  formatNumber(median),
  `${formatNumber(min)} .. ${formatNumber(max)}`,
  formatNumber(cpuMicrosecondsPerRequest),
  Number.isNaN(busy) ? '' : `${Math.round(busy * 100)} %`,
  [...(failed > 0 ? [`${failed} failed`] : []), ...notes].join('; '),
];

const renderComparison = ({peer, ratio, cpuRatio, target, verdict}) => [
  peer,
  `${ratio.toFixed(2)} x`,
  cpuRatio === undefined ? '' : `${cpuRatio.toFixed(2)} x`,
  target,
  verdict,
];

/** Every verdict of a run in one place. */
export function renderVerdicts(works) {
  const judged = works.flatMap(({name, comparisons}) =>
    comparisons.filter(({verdict}) => verdict !== '').map(each => [name, ...renderComparison(each)]),
  );
  return judged.length === 0 ? 'no target could be judged' : renderTable([['', ...COMPARISON_HEAD], ...judged]);
}

/** The first column to the left, numbers to the right, notes as they are. */
export function renderTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)));
  const isText = column => column === 0 || column === widths.length - 1;
  const cell = (text, column) => (isText(column) ? text.padEnd(widths[column]) : text.padStart(widths[column]));
  return rows.map(row => `  ${row.map(cell).join('   ')}`.trimEnd()).join('\n');
}

/** Three digits that mean something, thousands apart. */
function formatNumber(value) {
  if (!Number.isFinite(value)) return '-';
  const decimals = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', {minimumFractionDigits: decimals, maximumFractionDigits: decimals});
}
