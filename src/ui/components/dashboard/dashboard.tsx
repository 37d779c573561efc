// The whole screen: what there is room for of apps, log, requests and details, between a row that says how things stand
// and one with the keys.

import {Box} from 'ink';
import type {ReactNode} from 'react';
import {helpHeight, helpLines} from '../../screen/help-lines.js';
import type {Layout, Plan} from '../../screen/layout.js';
import {planOf} from '../../screen/log-pane.js';
import type {ScreenState} from '../../screen/screen-state.js';
import type {Style} from '../../style.js';
import {Rows} from '../rows.js';
import {AppsPane} from './apps-pane.js';
import {DetailPane} from './detail-pane.js';
import {Header} from './header.js';
import {LogPane} from './log-pane.js';
import {PromptRow} from './prompt-row.js';
import {RequestsPane} from './requests-pane.js';

export type DashboardProps = {readonly state: ScreenState; readonly style: Style};

export function Dashboard({state, style}: DashboardProps): ReactNode {
  const {columns, rows} = state.layout.size;
  return (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden">
      <Header state={state} style={style} />
      {state.layout.help === null ? (
        <Panes state={state} plan={planOf(state)} style={style} />
      ) : (
        <Help state={state} help={state.layout.help} style={style} />
      )}
      <PromptRow state={state} style={style} />
    </Box>
  );
}

type PanesProps = DashboardProps & {readonly plan: Plan};

function Panes({state, plan, style}: PanesProps): ReactNode {
  const log = plan.log && <LogPane key="log" state={state} area={plan.log} style={style} />;
  const requests = plan.requests && <RequestsPane key="requests" state={state} area={plan.requests} style={style} />;
  const detail = plan.detail && <DetailPane key="detail" state={state} area={plan.detail} style={style} />;
  return (
    <Box flexDirection="column" flexGrow={1} overflow="hidden">
      {plan.apps && <AppsPane state={state} area={plan.apps} style={style} />}
      {plan.kind === 'wide' ? (
        <Box columnGap={1}>
          {log}
          <Box flexDirection="column">
            {requests}
            {detail}
          </Box>
        </Box>
      ) : (
        // What the arrows are about comes first.
        <Box flexDirection="column">
          {state.layout.pane === 'requests' ? [requests, detail, log] : [detail, log, requests]}
        </Box>
      )}
    </Box>
  );
}

type HelpProps = DashboardProps & {readonly help: NonNullable<Layout['help']>};

const Help = ({state, help, style}: HelpProps): ReactNode => (
  <Rows
    rows={helpLines(state, style).slice(help.scrolled, help.scrolled + helpHeight(state.layout.size))}
    height={helpHeight(state.layout.size)}
  />
);
