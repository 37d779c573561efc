import type {ColourDepth} from './text/look.js';
import {renderSpans} from './text/rows.js';
import {parseSpans} from './text/spans.js';

/**
 * Text from outside, safe to print: it keeps tabs, newlines and, if wanted, colours, which end with each line. Nothing in
 * it moves the cursor or says anything else to the terminal.
 */
export const safeText = (
  text: string,
  {isColour, depth = 24}: {readonly isColour: boolean; readonly depth?: ColourDepth},
): string =>
  parseSpans(text, depth)
    .map(line => renderSpans(line, {isColour, hasLinks: false}))
    .join('\n');
