import {Box, Text} from 'ink';
import type {ReactNode} from 'react';
import type {Style} from '../style.js';
import {Help} from './help.js';
import {Hints} from './hints.js';

export type FooterProps = {
  /** How many there are. */
  readonly apps: number;
  readonly columns: number;
  readonly flash: string | undefined;
  readonly isHelpOpen: boolean;
  readonly style: Style;
};

const INDENT = 2;

/** The answer to a key in place of the hints, so that the strip does not jump. */
export const Footer = ({apps, columns, flash, isHelpOpen, style}: FooterProps): ReactNode => (
  <Box flexDirection="column" flexShrink={0} paddingLeft={INDENT}>
    {isHelpOpen && <Help apps={apps} style={style} />}
    {flash !== undefined && <Text>{flash}</Text>}
    {!isHelpOpen && flash === undefined && <Hints apps={apps} columns={columns - INDENT} style={style} />}
  </Box>
);
