// The steps of a deploy, redrawn in place while what its commands say scrolls past above them.

import {Box, Text, useInput, useWindowSize} from 'ink';
import {type ReactNode, useCallback} from 'react';
import type {DeployFeed} from '../deploy-feed.js';
import {renderDeployLine} from '../deploy-lines.js';
import {MARK_MS, renderRow} from '../deploy-row.js';
import type {DeployLine, DeployView} from '../deploy-view.js';
import {useFeedView} from '../hooks/use-feed-view.js';
import {useNow} from '../hooks/use-now.js';
import {usePrintedLines} from '../hooks/use-printed-lines.js';
import {useTerminal} from '../hooks/use-terminal.js';
import type {Style} from '../style.js';
import type {Terminal} from '../terminal.js';

export type DeployStepsProps = {
  readonly terminal: Terminal;
  readonly feed: DeployFeed;
  readonly servers: readonly string[];
  readonly style: Style;
  /** Whether Ctrl-C comes as a key. */
  readonly hasKeys: boolean;
  readonly interrupt: () => void;
};

export function DeploySteps({terminal, feed, servers, style, hasKeys, interrupt}: DeployStepsProps): ReactNode {
  const {rows: height} = useWindowSize();
  const view = useFeedView(feed);
  useTerminal(terminal, {hasKeys});
  useNow(isRunning(view), MARK_MS);
  usePrintedLines(
    feed,
    useCallback(
      (lines: readonly DeployLine[]) => ({
        lines: lines.map(line => renderDeployLine(line, servers, style)),
        isWaiting: false,
      }),
      [servers, style],
    ),
    terminal,
  );
  useInput(
    (input, {ctrl}) => {
      if (ctrl && input === 'c') interrupt();
    },
    {isActive: hasKeys},
  );
  return (
    <Box flexDirection="column">
      {/* One row less than the terminal: a taller frame makes Ink clear the screen. The last steps are those under way. */}
      {view.rows.slice(1 - height).map(row => (
        <Text key={row.step} wrap="truncate-end">
          {renderRow(row, {servers, style, now: performance.now()})}
        </Text>
      ))}
    </Box>
  );
}

const isRunning = ({rows}: DeployView): boolean =>
  rows.some(({servers}) => [...servers.values()].some(({state}) => state === 'running'));
