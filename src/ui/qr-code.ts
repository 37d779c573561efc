import {encode} from 'uqr';
import type {Style} from './style.js';

/** ISO/IEC 18004, section 5.3.8: four modules of light around a code. */
const QUIET_ZONE = 4;

/** Black on white whatever the terminal's own colours are; without colours in those it has, which most cameras read too. */
const BLACK_ON_WHITE = '\x1b[30;107m';
const RESET = '\x1b[0m';

/** A QR code in half blocks: a character is one module wide and two high. */
export function renderQrCode(text: string, {isColour}: Pick<Style, 'isColour'>): string {
  const {data} = encode(text, {border: QUIET_ZONE, ecc: 'L'});
  const rows = data.flatMap((row, index) => (index % 2 === 0 ? [renderRow(row, data[index + 1] ?? [])] : []));
  return rows.map(row => (isColour ? BLACK_ON_WHITE + row + RESET : row)).join('\n');
}

const renderRow = (upper: readonly boolean[], lower: readonly boolean[]): string =>
  upper.map((isDark, column) => GLYPHS[Number(isDark)]?.[Number(lower[column] ?? false)]).join('');

/** By the upper, then by the lower module. */
const GLYPHS = [
  [' ', '▄'],
  ['▀', '█'],
] as const;
