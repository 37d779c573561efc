// Text with the colours of a terminal, as markup. Only SGR sequences (ECMA-48, section 8.3.117) mean something here; html
// takes out all others.

import {type Html, html} from './html.js';

/** Names of classes; the page's style says how they look, on a light and on a dark ground. */
const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;
const STYLES: ReadonlyMap<number, string> = new Map([
  [1, 'bold'],
  [2, 'dim'],
  [3, 'italic'],
  [4, 'underline'],
]);

type Look = {readonly colour: string | undefined; readonly styles: ReadonlySet<string>};

const PLAIN: Look = {colour: undefined, styles: new Set()};
const SGR = /\x1b\[([\d;:]*)m/g;

/** Foreground colours of the sixteen, bold, dim, italic and underline; finer colours are shown as none. */
export function colouredText(text: string): Html {
  const spans: Html[] = [];
  let look = PLAIN;
  let end = 0;
  for (const match of text.matchAll(SGR)) {
    spans.push(span(text.slice(end, match.index), look));
    look = applyCodes(look, match[1] ?? '');
    end = match.index + match[0].length;
  }
  return html`${spans}${span(text.slice(end), look)}`;
}

function span(text: string, {colour, styles}: Look): Html {
  const classes = [...(colour === undefined ? [] : [colour]), ...styles];
  return text === '' || classes.length === 0 ? html`${text}` : html`<span class="${classes.join(' ')}">${text}</span>`;
}

function applyCodes(look: Look, parameters: string): Look {
  // With colons it is one code with its own parameters (ISO 8613-6); an empty one is 0.
  const codes = parameters.split(';').map(code => (code.includes(':') ? Number.NaN : Number(code)));
  let next = look;
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    if (code === 38 || code === 48 || code === 58) {
      if (code === 38) next = {...next, colour: paletteColour(codes.slice(index + 1))};
      // `5;n` names a colour of 256, `2;r;g;b` mixes one.
      index += codes[index + 1] === 5 ? 2 : 4;
    } else {
      next = applyCode(next, code);
    }
  }
  return next;
}

function applyCode(look: Look, code: number): Look {
  const style = STYLES.get(code);
  if (code === 0) return PLAIN;
  if (style !== undefined) return {...look, styles: new Set([...look.styles, style])};
  if (code === 22) return without(look, 'bold', 'dim');
  if (code === 23) return without(look, 'italic');
  if (code === 24) return without(look, 'underline');
  if (code === 39) return {...look, colour: undefined};
  const colour = COLOURS[code >= 90 && code < 98 ? code - 90 : code - 30];
  return colour === undefined ? look : {...look, colour};
}

const paletteColour = ([kind, number = 0]: readonly number[]): string | undefined =>
  kind === 5 && number < 16 ? COLOURS[number % 8] : undefined;

const without = ({colour, styles}: Look, ...names: readonly string[]): Look => ({
  colour,
  styles: new Set([...styles].filter(style => !names.includes(style))),
});
