import {Text} from 'ink';
import type {ReactNode} from 'react';
import {bindingsFor, fitHints, HINT_GAP} from '../keys.js';
import type {Style} from '../style.js';

export type HintsProps = {readonly apps: number; readonly columns: number; readonly style: Style};

/** `r restart  o open  ? help  q stop` */
export const Hints = ({apps, columns, style}: HintsProps): ReactNode => (
  <Text>
    {fitHints(columns, bindingsFor(apps))
      .map(({keys, hint}) => `${style.bold(keys[0])} ${style.dim(hint)}`)
      .join(' '.repeat(HINT_GAP))}
  </Text>
);
