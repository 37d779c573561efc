import {Text} from 'ink';
import type {ReactNode} from 'react';
import {fitHints, HINT_GAP} from '../keys/key-hints.js';
import {bindingsFor, type KeyContext} from '../keys/key-table.js';
import type {Pane} from '../screen/layout.js';
import type {Style} from '../style.js';

export type HintsProps = {
  readonly context: KeyContext;
  /** The one that the arrows are about. */
  readonly pane?: Pane;
  /** How many there are. */
  readonly apps: number;
  readonly columns: number;
  readonly style: Style;
};

/** `r restart  o open  ? help  q quit` */
export const Hints = ({context, pane, apps, columns, style}: HintsProps): ReactNode => (
  <Text wrap="truncate-end">
    {fitHints(columns, bindingsFor(context, apps), pane)
      .map(({key, hint}) => `${style.bold(key)} ${style.dim(hint)}`)
      .join(' '.repeat(HINT_GAP))}
  </Text>
);
