import type {ReactNode} from 'react';
import {createPaintApp} from '../../app-heads.js';
import {formatCount} from '../../format.js';
import {type Area, TITLE_ROWS} from '../../screen/layout.js';
import {requestLine} from '../../screen/request-lines.js';
import {hasSearched, shownRequests} from '../../screen/request-list.js';
import {placeOfChosen} from '../../screen/requests.js';
import type {ScreenState} from '../../screen/screen-state.js';
import type {Style} from '../../style.js';
import {PaneFrame} from './pane-frame.js';

export type RequestsPaneProps = {
  readonly state: ScreenState;
  readonly area: Area;
  readonly style: Style;
};

/** A row per request, the newest last, with the chosen one in sight. */
export function RequestsPane({state, area, style}: RequestsPaneProps): ReactNode {
  const {requests, layout, apps, search} = state;
  const shown = shownRequests(state);
  const place = placeOfChosen(requests, shown);
  const height = area.rows - TITLE_ROWS;
  const from = Math.max(0, Math.min(place - Math.floor(height / 2), shown.length - height));
  const paint = createPaintApp(apps.names, style);
  const headOf = (app: string): string => (apps.names.length > 1 ? `${paint(app, app)} ` : '');
  const rows = shown.slice(from, from + height).map((exchange, index) => {
    const isMatch = search.text !== '' && hasSearched(exchange, search.text);
    const mark = from + index === place ? style.bold('❯ ') : isMatch ? style.yellow('· ') : '  ';
    return mark + requestLine(exchange, style, headOf(exchange.app));
  });
  return (
    <PaneFrame
      area={area}
      title={['Requests', ...titleOf(state, shown.length)]}
      isFocused={layout.pane === 'requests' && requests.opened === null}
      rows={rows.length > 0 ? rows : [style.dim(`  ${requests.problem ?? 'none yet'}`)]}
      style={style}
    />
  );
}

const titleOf = ({requests: {skipped}, search}: ScreenState, shown: number): readonly string[] => [
  ...(shown === 0 ? [] : [formatCount(shown)]),
  ...(search.isOnlyMatches && search.text !== '' ? [`only "${search.text}"`] : []),
  ...(skipped === 0 ? [] : [`${formatCount(skipped)} skipped`]),
];
