import type {ReactNode} from 'react';
import {renderAppRows} from '../../app-rows.js';
import {type Area, TITLE_ROWS} from '../../screen/layout.js';
import type {ScreenState} from '../../screen/screen-state.js';
import type {Style} from '../../style.js';
import {PaneFrame} from './pane-frame.js';

export type AppsPaneProps = {
  readonly state: ScreenState;
  readonly area: Area;
  readonly style: Style;
};

/** A row per app, as below the log. */
export const AppsPane = ({state: {apps, layout, now}, area, style}: AppsPaneProps): ReactNode => (
  <PaneFrame
    area={area}
    title={['Apps']}
    isFocused={layout.pane === 'apps'}
    rows={renderAppRows(apps, {columns: area.columns, maxRows: area.rows - TITLE_ROWS, now, style})}
    style={style}
  />
);
