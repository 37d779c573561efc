import {Box, Text} from 'ink';
import type {ReactNode} from 'react';
import {describeProblem} from '../../describe.js';
import {type Apps, chosenApp, statusOf} from '../../screen/apps.js';
import type {Style} from '../../style.js';

export type LanRowProps = {readonly apps: Apps; readonly style: Style};

/** `LAN  https://hello.local  phones: http://192.168.1.20`, of the chosen app if it is open to the network. */
export function LanRow({apps, style}: LanRowProps): ReactNode {
  const open = [chosenApp(apps), ...apps.names].flatMap(name => statusOf(apps, name)?.lan ?? []);
  const [lan] = open;
  if (lan === undefined) return null;
  return (
    <Box flexDirection="column" flexShrink={0} paddingLeft={2}>
      <Text wrap="truncate-end">
        {`${style.bold('LAN')}  ${style.cyan(lan.url)}  ${style.dim('phones:')} ${style.cyan(lan.onboardingUrl)}`}
      </Text>
      {lan.problem && <Text>{style.yellow(describeProblem(lan.problem))}</Text>}
    </Box>
  );
}
