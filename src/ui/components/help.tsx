import {Box, Text} from 'ink';
import type {ReactNode} from 'react';
import {bindingsFor} from '../keys.js';
import type {Style} from '../style.js';

export type HelpProps = {readonly apps: number; readonly style: Style};

/** Every key, a line each. */
export function Help({apps, style}: HelpProps): ReactNode {
  const rows = bindingsFor(apps).map(({action, keys, help, helpOfSeveral = help}) => ({
    action,
    keys: keys.join(', '),
    text: apps > 1 ? helpOfSeveral : help,
  }));
  const columns = Math.max(...rows.map(({keys}) => keys.length)) + GAP;
  return (
    <Box flexDirection="column" flexShrink={0}>
      {rows.map(({action, keys, text}) => (
        <Text key={action}>{style.bold(keys.padEnd(columns)) + text}</Text>
      ))}
    </Box>
  );
}

const GAP = 2;
