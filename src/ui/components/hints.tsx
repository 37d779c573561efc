import {Text} from 'ink';
import type {ReactNode} from 'react';
import {fitHints, HINT_GAP} from '../keys/key-hints.js';
import {bindingsFor, type KeyContext} from '../keys/key-table.js';
import type {Style} from '../style.js';

export type HintsProps = {
  readonly context: KeyContext;
  /** How many there are. */
  readonly apps: number;
  readonly columns: number;
  readonly style: Style;
};

/** `r restart  o open  ? help  q quit` */
export const Hints = ({context, apps, columns, style}: HintsProps): ReactNode => (
  <Text wrap="truncate-end">
    {fitHints(columns, bindingsFor(context, apps))
      .map(({key, hint}) => `${style.bold(key)} ${style.dim(hint)}`)
      .join(' '.repeat(HINT_GAP))}
  </Text>
);
