import {Box, Text} from 'ink';
import type {ReactNode} from 'react';
import type {AppStatus} from '../../control/events.js';
import {useNow} from '../hooks/use-now.js';
import {stateFacts, stateLook} from '../state-look.js';
import type {Style} from '../style.js';

export type StateLineProps = {readonly app: string; readonly status: AppStatus | null; readonly style: Style};

/** `● hello  ready  pid 4711 · up 4m 12s · 48.2 MB` */
export function StateLine({app, status, style}: StateLineProps): ReactNode {
  const now = useNow(status?.startedAt != null);
  const {dot, words} = stateLook(status, style);
  const facts = status ? stateFacts(status, now) : [];
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
