import {Box, Text} from 'ink';
import type {ReactNode} from 'react';
import type {AppStatus} from '../../control/events.js';
import {describeExit, stateWord} from '../describe.js';
import {formatBytes, formatDuration} from '../format.js';
import {useNow} from '../hooks/use-now.js';
import type {Style} from '../style.js';

export type StateLineProps = {readonly app: string; readonly status: AppStatus | null; readonly style: Style};

/** `● hello  ready  pid 4711 · up 4m 12s · 48.2 MB` */
export function StateLine({app, status, style}: StateLineProps): ReactNode {
  const now = useNow(status?.startedAt != null);
  const {dot, words} = lookOf(status, style);
  const facts = status ? factsOf(status, now) : [];
  return (
    <Box columnGap={1} flexShrink={0}>
      <Text>{dot}</Text>
      <Box flexWrap="wrap" columnGap={2} flexShrink={1}>
        <Text>{style.bold(app)}</Text>
        <Text>{words}</Text>
        {facts.length > 0 && <Text>{style.dim(facts.join(' · '))}</Text>}
      </Box>
    </Box>
  );
}

function lookOf(status: AppStatus | null, style: Style): {readonly dot: string; readonly words: string} {
  if (status === null) return {dot: style.dim('○'), words: style.dim('waiting for the daemon')};
  const word = stateWord(status);
  const paint = paintOf(word, status.problem !== null, style);
  const exit = status.exit === null ? '' : ` with ${describeExit(status.exit)}`;
  return {dot: paint(word === 'stopped' || word === 'exited' ? '○' : '●'), words: paint(word + exit)};
}

function paintOf(word: ReturnType<typeof stateWord>, hasProblem: boolean, style: Style): (text: string) => string {
  switch (word) {
    case 'ready':
      return style.green;
    case 'starting':
    case 'restarting':
    case 'draining':
      return style.yellow;
    case 'backing-off':
    case 'crashed':
      return style.red;
    case 'exited':
    case 'stopped':
      return hasProblem ? style.red : style.dim;
  }
}

const factsOf = ({pid, startedAt, memoryBytes}: AppStatus, now: number): string[] => [
  ...(pid === null ? [] : [`pid ${pid}`]),
  ...(startedAt === null ? [] : [`up ${formatDuration(now - startedAt)}`]),
  ...(memoryBytes === null ? [] : [formatBytes(memoryBytes)]),
];
