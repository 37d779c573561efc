import {Box, Text} from 'ink';
import type {ReactNode} from 'react';
import type {AppStatus} from '../../control/events.js';
import {createPaintApp} from '../app-heads.js';
import {useNow} from '../hooks/use-now.js';
import {stateFacts, stateLook} from '../state-look.js';
import type {Style} from '../style.js';

export type StateLinesProps = {
  readonly apps: readonly string[];
  readonly statuses: ReadonlyMap<string, AppStatus>;
  readonly focused: string;
  readonly style: Style;
};

/**
 * A line per app, numbered as the keys are, the one they are about marked:
 * `❯ 2 ● api  ready  https://api.test  pid 4711 · up 4m 12s · 48.2 MB`. What does not fit is cut off.
 */
export function StateLines({apps, statuses, focused, style}: StateLinesProps): ReactNode {
  const now = useNow([...statuses.values()].some(({startedAt}) => startedAt !== null));
  const columns = Math.max(...apps.map(({length}) => length));
  const paint = createPaintApp(apps, style);
  const lines = apps.map((app, place) => {
    const status = statuses.get(app) ?? null;
    const {dot, words} = stateLook(status, style);
    const mark = app === focused ? style.bold('❯') : ' ';
    const name = paint(app, app.padEnd(columns));
    const facts = status ? style.dim(stateFacts(status, now).join(' · ')) : '';
    const parts = [name, words, style.cyan(status?.url ?? ''), facts].filter(Boolean).join('  ');
    return {app, text: `${mark} ${place + 1} ${dot} ${parts}`};
  });
  return (
    <Box flexDirection="column" flexShrink={0}>
      {lines.map(({app, text}) => (
        <Text key={app} wrap="truncate-end">
          {text}
        </Text>
      ))}
    </Box>
  );
}
