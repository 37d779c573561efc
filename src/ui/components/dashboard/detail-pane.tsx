import type {ReactNode} from 'react';
import {appDetail} from '../../screen/app-lines.js';
import {chosenApp, statusOf} from '../../screen/apps.js';
import type {Area} from '../../screen/layout.js';
import {DETAIL_INDENT as INDENT, requestDetail} from '../../screen/request-lines.js';
import type {Opened} from '../../screen/requests.js';
import type {ScreenState} from '../../screen/screen-state.js';
import type {Style} from '../../style.js';
import {PaneFrame} from './pane-frame.js';

export type DetailPaneProps = {
  readonly state: ScreenState;
  readonly area: Area;
  readonly style: Style;
};

/** The chosen app while the arrows are about the apps, the opened request otherwise. */
export function DetailPane({state, area, style}: DetailPaneProps): ReactNode {
  const {apps, requests, layout, now} = state;
  const {opened, scrolled} = requests;
  if (layout.pane === 'apps' || opened === null) {
    const app = chosenApp(apps);
    const rows = appDetail(statusOf(apps, app), now, area.columns - INDENT, style);
    return <PaneFrame area={area} title={[app]} isFocused={false} rows={indent(rows)} style={style} />;
  }
  return (
    <PaneFrame
      area={area}
      title={[`Request #${opened.id}`]}
      isFocused={layout.pane === 'requests'}
      rows={indent(openedRows(opened, area.columns - INDENT, style).slice(scrolled))}
      style={style}
    />
  );
}

function openedRows(opened: Opened, columns: number, style: Style): readonly string[] {
  switch (opened.state) {
    case 'loading':
      return [style.dim('loading')];
    case 'missing':
      return [style.yellow(opened.reason)];
    case 'loaded':
      return requestDetail(opened.detail, columns, style);
  }
}

const indent = (rows: readonly string[]): readonly string[] => rows.map(row => ' '.repeat(INDENT) + row);
