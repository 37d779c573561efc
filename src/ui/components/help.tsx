import {Box, Text} from 'ink';
import type {ReactNode} from 'react';
import {KEYS} from '../keys.js';
import type {Style} from '../style.js';

export type HelpProps = {readonly style: Style};

/** Every key, a line each. */
export const Help = ({style}: HelpProps): ReactNode => (
  <Box flexDirection="column" flexShrink={0}>
    {KEYS.map(({action, keys, help}) => (
      <Text key={action}>{style.bold(keys.join(', ').padEnd(KEY_COLUMNS)) + help}</Text>
    ))}
  </Box>
);

const KEY_COLUMNS = Math.max(...KEYS.map(({keys}) => keys.join(', ').length)) + 2;
