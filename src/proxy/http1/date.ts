import type {Sweep} from '../sweep.js';

let renderedFor = -1;
let rendered = '';

/** A Date field for an answer that has none (RFC 9110, section 6.6.1), to the second of the last sweep. */
export function dateLine({now}: Sweep): string {
  const second = Math.floor(now / 1_000);
  if (second !== renderedFor) {
    renderedFor = second;
    rendered = `Date: ${new Date(now).toUTCString()}\r\n`;
  }
  return rendered;
}
