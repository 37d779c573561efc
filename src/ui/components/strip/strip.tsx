// The strip below the log: everything worth knowing at a glance, redrawn in place while the log scrolls past above it.

import {Box, Text} from 'ink';
import type {ReactNode} from 'react';
import {renderAppRows} from '../../app-rows.js';
import {chosenApp, statusOf} from '../../screen/apps.js';
import type {ScreenState} from '../../screen/screen-state.js';
import {standingOf} from '../../screen/standing.js';
import type {Style} from '../../style.js';
import {Hints} from '../hints.js';
import {Rows} from '../rows.js';
import {Addresses} from './addresses.js';
import {AppLine} from './app-line.js';
import {LanRow} from './lan-row.js';
import {Notes} from './notes.js';
import {ProblemReport} from './problem-report.js';

export type StripProps = {
  readonly state: ScreenState;
  readonly notes: readonly string[];
  readonly style: Style;
};

export function Strip({state, notes, style}: StripProps): ReactNode {
  const {apps, now, flash, layout} = state;
  const {columns, rows} = layout.size;
  const app = chosenApp(apps);
  const status = statusOf(apps, app);
  const standing = standingOf(state).join(' · ');
  return (
    // One row less than the terminal: a taller frame makes Ink clear the screen.
    <Box flexDirection="column" maxHeight={rows - 1} overflowY="hidden">
      <Box flexShrink={0}>
        <Text>{style.dim('─'.repeat(Math.min(columns, RULE_COLUMNS)))}</Text>
      </Box>
      {apps.names.length > 1 ? (
        <Rows rows={renderAppRows(apps, {columns, maxRows: maxAppRows(rows), now, style})} />
      ) : (
        <>
          <AppLine {...{app, status, columns, now, style}} />
          <Addresses urls={status?.urls ?? []} columns={columns} style={style} />
        </>
      )}
      <LanRow apps={apps} style={style} />
      {status?.problem && <ProblemReport problem={status.problem} style={style} />}
      <Notes notes={notes} style={style} />
      <Box flexDirection="column" flexShrink={0} paddingLeft={INDENT}>
        {standing !== '' && <Text wrap="truncate-end">{style.yellow(standing)}</Text>}
        {flash === null ? (
          <Hints context="strip" apps={apps.names.length} columns={columns - INDENT} style={style} />
        ) : (
          // In place of the hints, so that the strip does not jump.
          <Text>{flash.text}</Text>
        )}
      </Box>
    </Box>
  );
}

const INDENT = 2;
/** A rule as wide as the terminal would break in two when that is made narrower, and leave a piece behind. */
const RULE_COLUMNS = 40;
/** The log is what is read. */
const maxAppRows = (rows: number): number => Math.max(2, Math.floor(rows / 3));
