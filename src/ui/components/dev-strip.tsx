// The strip below the log: everything worth knowing at a glance, redrawn in place while the log scrolls past above it.

import {Box, Text, useWindowSize} from 'ink';
import {type ReactNode, useCallback, useMemo} from 'react';
import type {DevFeed} from '../dev-feed.js';
import type {DevOutcome, DevSession} from '../dev-session.js';
import {useActions} from '../hooks/use-actions.js';
import {useFeedView} from '../hooks/use-feed-view.js';
import {type PrintLines, usePrintedLines} from '../hooks/use-printed-lines.js';
import {useTerminal} from '../hooks/use-terminal.js';
import type {LogEntry} from '../log/log-entry.js';
import {createLogPrinter} from '../log/log-printer.js';
import {createLogView} from '../log/log-view.js';
import type {Style} from '../style.js';
import type {Terminal} from '../terminal.js';
import {Addresses} from './addresses.js';
import {Footer} from './footer.js';
import {Notes} from './notes.js';
import {ProblemReport} from './problem-report.js';
import {StateLine} from './state-line.js';
import {StateLines} from './state-lines.js';

export type DevStripProps = {
  readonly terminal: Terminal;
  readonly session: DevSession;
  readonly feed: DevFeed;
  readonly style: Style;
  readonly leave: (outcome: DevOutcome) => void;
};

export function DevStrip({terminal, session, feed, style, leave}: DevStripProps): ReactNode {
  const {apps, actions, notes} = session;
  const {columns, rows} = useWindowSize();
  const {statuses} = useFeedView(feed);
  const {flash, isHelpOpen, focused} = useActions({apps, actions, statuses, leave});
  const status = statuses.get(focused) ?? null;
  const screen = useTerminal(terminal);
  const view = useMemo(() => createLogView({apps, columns, style}), [apps, columns, style]);
  const printer = useMemo(createLogPrinter, []);
  const print = useCallback<PrintLines<LogEntry>>((lines, when) => printer.print(lines, view, when), [printer, view]);
  usePrintedLines(feed, print, terminal, screen === 'alternate');
  return (
    // One row less than the terminal: a taller frame makes Ink clear the screen.
    <Box flexDirection="column" maxHeight={rows - 1} overflowY="hidden">
      <Box flexShrink={0}>
        <Text>{style.dim('─'.repeat(Math.min(columns, RULE_COLUMNS)))}</Text>
      </Box>
      {apps.length > 1 ? (
        <StateLines apps={apps} statuses={statuses} focused={focused} style={style} />
      ) : (
        <>
          <StateLine app={focused} status={status} style={style} />
          <Addresses urls={status?.urls ?? []} columns={columns} style={style} />
        </>
      )}
      {status?.problem && <ProblemReport problem={status.problem} style={style} />}
      <Notes notes={notes} style={style} />
      <Footer apps={apps.length} columns={columns} flash={flash} isHelpOpen={isHelpOpen} style={style} />
    </Box>
  );
}

/** A rule as wide as the terminal would break in two when that is made narrower, and leave a piece behind. */
const RULE_COLUMNS = 40;
