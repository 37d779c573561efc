import {WriteStream} from 'node:tty';
import {styleText} from 'node:util';
import {hasLinks} from './text/links.js';
import type {ColourDepth} from './text/look.js';

/** Colours for text, or none. Everything in `ui` that is coloured goes through one of these. */
export type Style = {
  readonly isColour: boolean;
  /** The colours that an app's own output may have. */
  readonly depth: ColourDepth;
  /** Whether addresses are made links. */
  readonly hasLinks: boolean;
  bold(text: string): string;
  dim(text: string): string;
  inverse(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
  blue(text: string): string;
  magenta(text: string): string;
};

export type StyleOptions = {
  readonly isColour: boolean;
  readonly depth?: ColourDepth;
  readonly hasLinks?: boolean;
};

/** Paints nothing when `isColour` is false, and else in the 16 colours that every terminal has. */
export function createStyle({isColour, depth = 24, hasLinks = false}: StyleOptions): Style {
  const paint = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    isColour ? styleText(format, text, {validateStream: false}) : text;
  return {
    isColour,
    depth: isColour ? depth : 1,
    hasLinks,
    bold: paint('bold'),
    dim: paint('dim'),
    inverse: paint('inverse'),
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
    cyan: paint('cyan'),
    blue: paint('blue'),
    magenta: paint('magenta'),
  };
}

/** For what is only measured, and for output without colours. */
export const NO_COLOURS: Style = createStyle({isColour: false});

/** Variables such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What is written to, as far as its colours depend on it. */
export type Output = {readonly isTTY?: boolean};

/** The style for this terminal, file or pipe. */
export const styleFor = (stream: Output, env: Environment): Style =>
  createStyle({isColour: hasColour(stream, env), depth: colourDepth(stream, env), hasLinks: hasLinks(stream, env)});

/** As Node decides it: FORCE_COLOR, then NO_COLOR when it is not empty, then whether it is a terminal that has colours. */
export function hasColour(stream: Output, {FORCE_COLOR, NO_COLOR, TERM}: Environment): boolean {
  if (FORCE_COLOR !== undefined) return !['0', 'false'].includes(FORCE_COLOR);
  return !NO_COLOR && TERM !== 'dumb' && stream.isTTY === true;
}

/** FORCE_COLOR says it as 1, 2 or 3; else it is what Node knows of terminals and of those that CI systems keep logs for. */
export function colourDepth(stream: Output, env: Environment): ColourDepth {
  if (!hasColour(stream, env)) return 1;
  const forced = FORCED_DEPTHS.get(env.FORCE_COLOR);
  if (forced) return forced;
  // Node warns of variables that contradict each other, which is said elsewhere if at all.
  const {FORCE_COLOR, NO_COLOR, ...others} = env;
  const known = WriteStream.prototype.getColorDepth(others);
  return known === 8 || known === 24 ? known : 4;
}

const FORCED_DEPTHS: ReadonlyMap<string | undefined, ColourDepth> = new Map([
  ['', 4],
  ['1', 4],
  ['true', 4],
  ['2', 8],
  ['3', 24],
]);
