import {Text} from 'ink';
import type {ReactNode} from 'react';
import {fitHints, HINT_GAP} from '../keys.js';
import type {Style} from '../style.js';

export type HintsProps = {readonly columns: number; readonly style: Style};

/** `r restart  o open  ? help  q stop` */
export const Hints = ({columns, style}: HintsProps): ReactNode => (
  <Text>
    {fitHints(columns)
      .map(({keys, hint}) => `${style.bold(keys[0])} ${style.dim(hint)}`)
      .join(' '.repeat(HINT_GAP))}
  </Text>
);
