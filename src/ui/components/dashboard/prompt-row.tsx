import {Text} from 'ink';
import type {ReactNode} from 'react';
import {contextOf} from '../../screen/key-actions.js';
import type {ScreenState} from '../../screen/screen-state.js';
import type {Style} from '../../style.js';
import {Hints} from '../hints.js';

export type PromptRowProps = {readonly state: ScreenState; readonly style: Style};

/** The search while it is typed, the answer to a key for a moment, the hints otherwise. */
export function PromptRow({state, style}: PromptRowProps): ReactNode {
  const {search, flash, layout, apps} = state;
  if (search.isTyping) return <Text wrap="truncate-start">{`/${search.text}${style.dim('▏')}`}</Text>;
  if (flash !== null) return <Text wrap="truncate-end">{flash.text}</Text>;
  return (
    <Hints
      context={contextOf(state)}
      pane={layout.pane}
      apps={apps.names.length}
      columns={layout.size.columns}
      style={style}
    />
  );
}
