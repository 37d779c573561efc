import {Box, Text} from 'ink';
import type {ReactNode} from 'react';
import type {Style} from '../../style.js';

export type AddressesProps = {
  readonly urls: readonly string[];
  readonly columns: number;
  readonly style: Style;
};

/** Below the state on a line each, so that the terminal can link them. `tako dev list` shows what is left out. */
const MAX_URLS = 4;
const INDENT = 2;

export function Addresses({urls, columns, style}: AddressesProps): ReactNode {
  const left = urls.length - MAX_URLS;
  return (
    <Box flexDirection="column" flexShrink={0}>
      {urls.slice(0, MAX_URLS).map(url => (
        // The indent is given up for a URL that fits only without it.
        <Text key={url}>{' '.repeat(url.length + INDENT <= columns ? INDENT : 0) + style.cyan(url)}</Text>
      ))}
      {left > 0 && <Text>{style.dim(`${' '.repeat(INDENT)}and ${left} more`)}</Text>}
    </Box>
  );
}
