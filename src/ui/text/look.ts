// How characters look, as SGR says it (ECMA-48, 8.3.117; extended colours: ITU-T T.416, 13.1.8). What an app sends is read
// into these few attributes and written anew, so that no more than these can come of it, and equal looks are written equally.

/** Bits of colour a terminal has, as Node counts them: none, 16 colours, 256, all. */
export type ColourDepth = 1 | 4 | 8 | 24;

export type Look = {
  /** Of bold 1, dim 2, italic 3, underline 4, inverse 7, struck out 9; ascending. */
  readonly attributes: readonly number[];
  /** As parameters of SGR. Empty: the terminal's own. */
  readonly foreground: string;
  readonly background: string;
};

export const PLAIN: Look = {attributes: [], foreground: '', background: ''};
/** Back to the terminal's own look. */
export const RESET = '\x1b[0m';

/** Blinking and hidden text is not among them. */
const ATTRIBUTES: readonly number[] = [1, 2, 3, 4, 7, 9];
/** By the parameter that ends them: 22 ends two. */
const ENDED: ReadonlyMap<number, readonly number[]> = new Map([
  [22, [1, 2]],
  [23, [3]],
  [24, [4]],
  [27, [7]],
  [29, [9]],
]);

/** The look after `\x1b[parameters m`, in colours that the terminal has. What is unknown changes nothing. */
export function lookAfter(look: Look, parameters: string, depth: ColourDepth): Look {
  const codes = parameters.split(';');
  let next = look;
  while (codes.length > 0) next = applyCode(next, codes, depth);
  return next;
}

/** Takes the first code, and with it those that are its arguments. */
function applyCode(look: Look, codes: string[], depth: ColourDepth): Look {
  const [first = '', ...arguments_] = (codes.shift() ?? '').split(':');
  const code = Number(first);
  if (code === 0) return PLAIN;
  if (code === 4 && arguments_[0] === '0') return without(look, [4]);
  if (ATTRIBUTES.includes(code)) return withAttribute(look, code);
  if (ENDED.has(code)) return without(look, ENDED.get(code) ?? []);
  if (code === 39) return {...look, foreground: ''};
  if (code === 49) return {...look, background: ''};
  if (isBasic(code, 30)) return {...look, foreground: first};
  if (isBasic(code, 40)) return {...look, background: first};
  // 58 is the colour of the underline, which is read for its arguments only.
  if (code !== 38 && code !== 48 && code !== 58) return look;
  const colour = arguments_.length > 0 ? colonColour(arguments_) : semicolonColour(codes);
  if (!colour || code === 58) return look;
  return code === 38
    ? {...look, foreground: renderColour(colour, 30, depth)}
    : {...look, background: renderColour(colour, 40, depth)};
}

/** One of 8 colours, or of their 8 bright ones, counted from `base`. */
const isBasic = (code: number, base: 30 | 40): boolean =>
  (code >= base && code <= base + 7) || (code >= base + 60 && code <= base + 67);

const withAttribute = (look: Look, attribute: number): Look => ({
  ...look,
  attributes: [...new Set([...look.attributes, attribute])].sort(),
});

const without = (look: Look, ended: readonly number[]): Look => ({
  ...look,
  attributes: look.attributes.filter(attribute => !ended.includes(attribute)),
});

/** The number of one of 256 colours, or red, green and blue. */
type Colour = readonly [number] | readonly [number, number, number];

function semicolonColour(codes: string[]): Colour | undefined {
  const kind = codes.shift();
  if (kind === '5') return asColour(codes.splice(0, 1));
  return kind === '2' ? asColour(codes.splice(0, 3)) : undefined;
}

/** Before red there may be the number of a colour space. */
function colonColour([kind, ...values]: readonly string[]): Colour | undefined {
  if (kind === '5') return asColour(values.slice(0, 1));
  return kind === '2' ? asColour(values.length > 3 ? values.slice(1, 4) : values) : undefined;
}

function asColour(values: readonly string[]): Colour | undefined {
  const numbers = values.map(value => (/^\d{1,3}$/.test(value) ? Number(value) : 256));
  if (numbers.some(number => number > 255)) return undefined;
  const [red, green, blue] = numbers;
  if (red === undefined) return undefined;
  return green === undefined || blue === undefined ? [red] : [red, green, blue];
}

function renderColour(colour: Colour, base: 30 | 40, depth: ColourDepth): string {
  if (colour.length === 3 && depth === 24) return `${base + 8};2;${colour.join(';')}`;
  const number = colour.length === 3 ? nearestOf256(colour) : colour[0];
  return depth >= 8 ? `${base + 8};5;${number}` : String(base + nearestOf16(number));
}

/** From 16 on a cube of 6 × 6 × 6 colours, from 232 on 24 greys. */
function nearestOf256([red, green, blue]: readonly [number, number, number]): number {
  if (red === green && green === blue) return red < 8 ? 16 : red > 248 ? 231 : 232 + Math.round(((red - 8) / 247) * 24);
  const step = (value: number): number => Math.round((value / 255) * 5);
  return 16 + 36 * step(red) + 6 * step(green) + step(blue);
}

/** 0 to 7, or 60 to 67 for the bright ones: what is to be added to 30 or 40. */
function nearestOf16(number: number): number {
  if (number < 8) return number;
  if (number < 16) return 60 + number - 8;
  const parts = number >= 232 ? grey(number - 232) : cube(number - 16);
  const brightest = Math.max(...parts);
  const [red = 0, green = 0, blue = 0] = parts.map(part => Number(part * 2 > brightest));
  if (brightest < 0.25) return 0;
  return red + 2 * green + 4 * blue + (brightest > 0.75 ? 60 : 0);
}

const grey = (step: number): readonly number[] => Array(3).fill((8 + 10 * step) / 255);
const cube = (place: number): readonly number[] =>
  [Math.floor(place / 36), Math.floor((place % 36) / 6), place % 6].map(step => step / 5);

/** What is written where the look changes. */
export function renderChange(before: Look, after: Look): string {
  const parameters = parametersOf(after);
  if (parametersOf(before) === parameters) return '';
  if (parameters === '') return RESET;
  return parametersOf(before) === '' ? `\x1b[${parameters}m` : `\x1b[0;${parameters}m`;
}

const parametersOf = ({attributes, foreground, background}: Look): string =>
  [...attributes, foreground, background].filter(part => part !== '').join(';');
