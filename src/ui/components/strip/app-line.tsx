import {Box, Text} from 'ink';
import type {ReactNode} from 'react';
import type {AppStatus} from '../../../control/events.js';
import {FIGURES} from '../../app-figures.js';
import {fitByRank} from '../../fit.js';
import {stateLook} from '../../state-look.js';
import type {Style} from '../../style.js';

export type AppLineProps = {
  readonly app: string;
  readonly status: AppStatus | null;
  readonly columns: number;
  readonly now: number;
  readonly style: Style;
};

/** `● hello  ready  3.4 req/s · p95 12 ms · 48.2 MB · up 4m 12s`, the figures below where they do not fit. */
export function AppLine({app, status, columns, now, style}: AppLineProps): ReactNode {
  const {dot, words, paint} = stateLook(status, style);
  const headColumns = DOT_COLUMNS + app.length + GAP + words.length + GAP;
  const figures = status ? figuresOf(status, now) : [];
  const beside = fitByRank(figures, columns - headColumns, SEPARATOR.length);
  const isBeside = beside.length >= Math.min(figures.length, ENOUGH);
  const shown = isBeside ? beside : fitByRank(figures, columns - DOT_COLUMNS, SEPARATOR.length);
  const text = shown.map(({text, paint}) => style[paint](text)).join(style.dim(SEPARATOR));
  const head = `${dot} ${style.bold(app)}  ${paint(words)}`;
  return (
    <Box flexDirection="column" flexShrink={0}>
      <Text>{isBeside && text !== '' ? `${head}  ${text}` : head}</Text>
      {!isBeside && text !== '' && <Text wrap="truncate-end">{`  ${text}`}</Text>}
    </Box>
  );
}

const DOT_COLUMNS = 2;
const GAP = 2;
const SEPARATOR = ' · ';
/** With fewer than these beside the state, a row of their own is worth it. */
const ENOUGH = 4;

const figuresOf = (status: AppStatus, now: number) =>
  FIGURES.map(({text, paint, rank}) => ({text: text(status, now), paint, rank}))
    .filter(({text}) => text !== '')
    .map(figure => ({...figure, columns: figure.text.length}));
