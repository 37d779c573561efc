import {Box, Text} from 'ink';
import type {ReactNode} from 'react';
import type {Style} from '../../style.js';

export type NotesProps = {readonly notes: readonly string[]; readonly style: Style};

/** The remarks for the start, which would soon have scrolled away. */
export const Notes = ({notes, style}: NotesProps): ReactNode => (
  <Box flexDirection="column" flexShrink={0} paddingLeft={2}>
    {notes.map(note => (
      <Text key={note}>{style.yellow(`! ${note}`)}</Text>
    ))}
  </Box>
);
