import {styleText} from 'node:util';

/** Colours for text, or none. Everything in `ui` that is coloured goes through one of these. */
export type Style = {
  readonly isColour: boolean;
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
  blue(text: string): string;
  magenta(text: string): string;
};

/** Paints nothing when `isColour` is false. */
export function createStyle({isColour}: {readonly isColour: boolean}): Style {
  const paint = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    isColour ? styleText(format, text, {validateStream: false}) : text;
  return {
    isColour,
    bold: paint('bold'),
    dim: paint('dim'),
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

/** As Node decides it: FORCE_COLOR, then NO_COLOR when it is not empty, then whether it is a terminal that has colours. */
export function hasColour(stream: {readonly isTTY?: boolean}, {FORCE_COLOR, NO_COLOR, TERM}: Environment): boolean {
  if (FORCE_COLOR !== undefined) return !['0', 'false'].includes(FORCE_COLOR);
  return !NO_COLOR && TERM !== 'dumb' && stream.isTTY === true;
}
