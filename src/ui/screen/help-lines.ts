import {bindingsFor, type KeyBinding} from '../keys/key-table.js';
import {NO_COLOURS, type Style} from '../style.js';
import type {Screen, Size} from './layout.js';
import {FRAME_ROWS} from './layout.js';
import type {ScreenState} from './screen-state.js';

/** The rows for the keys themselves. */
export const helpHeight = ({rows}: Size): number => Math.max(1, rows - FRAME_ROWS);

/** Every key there is where the help was asked for, none of them wider than the screen. */
export function helpLines({layout, apps}: ScreenState, style: Style = NO_COLOURS): readonly string[] {
  const over: Screen = layout.help?.over ?? layout.screen;
  const bindings = [...bindingsFor(over, apps.names.length), ...searchBindings(over, apps.names.length)];
  const keyColumns = Math.max(...bindings.map(binding => nameKeys(binding).length)) + GAP;
  const textColumns = Math.max(MIN_TEXT_COLUMNS, layout.size.columns - INDENT - keyColumns);
  return bindings.flatMap(binding =>
    wrapWords(binding.help, textColumns).map(
      (line, index) => ' '.repeat(INDENT) + style.bold((index > 0 ? '' : nameKeys(binding)).padEnd(keyColumns)) + line,
    ),
  );
}

const INDENT = 2;
const GAP = 2;
const MIN_TEXT_COLUMNS = 12;

/** The search is on the whole screen only; its keys are not those that are letters of it. */
const searchBindings = (over: Screen, apps: number): readonly KeyBinding[] =>
  over === 'strip'
    ? []
    : bindingsFor('search', apps)
        .filter(({contexts}) => contexts.length === 1)
        .map(binding => ({...binding, help: `in the search: ${binding.help}`}));

/** `tab, f`. */
export const nameKeys = ({keys}: KeyBinding): string => keys.join(', ');

function wrapWords(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
