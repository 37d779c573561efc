import {Box, Text} from 'ink';
import type {ReactNode} from 'react';
import {type Area, TITLE_ROWS} from '../../screen/layout.js';
import type {Style} from '../../style.js';
import {Rows} from '../rows.js';

export type PaneFrameProps = {
  readonly area: Area;
  /** What it is, and how it stands. */
  readonly title: readonly string[];
  /** Whether the arrows are about it. */
  readonly isFocused: boolean;
  readonly rows: readonly string[];
  readonly style: Style;
};

/** A title with a rule behind it, and rows below: nothing beside them, so that they can be selected as text. */
export function PaneFrame({area, title, isFocused, rows, style}: PaneFrameProps): ReactNode {
  const height = Math.max(0, area.rows - TITLE_ROWS);
  const [name = '', ...words] = title;
  const plain = `${isFocused ? '❯' : '─'} ${title.join(SEPARATOR)} `;
  const text = [isFocused ? style.bold(name) : name, ...words].join(style.dim(SEPARATOR));
  const rule = '─'.repeat(Math.max(0, area.columns - plain.length));
  return (
    <Box flexDirection="column" width={area.columns} height={area.rows} flexShrink={0} overflow="hidden">
      <Text wrap="truncate-end">{`${isFocused ? style.bold('❯') : style.dim('─')} ${text} ${style.dim(rule)}`}</Text>
      <Rows rows={rows.slice(0, height)} height={height} />
    </Box>
  );
}

const SEPARATOR = ' · ';
