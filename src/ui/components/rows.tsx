import {Box, Text} from 'ink';
import type {ReactNode} from 'react';

export type RowsProps = {
  readonly rows: readonly string[];
  /** Exactly so many are taken. Left out: as many as there are. */
  readonly height?: number;
};

/** Rows of text, each cut where the room for it ends. */
export const Rows = ({rows, height}: RowsProps): ReactNode => (
  <Box flexDirection="column" flexShrink={0} {...(height === undefined ? {} : {height})}>
    {rows.map((row, place) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: a row is nothing but its place.
      <Text key={place} wrap="truncate-end">
        {row === '' ? ' ' : row}
      </Text>
    ))}
  </Box>
);
