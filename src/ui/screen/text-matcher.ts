import type {LogBlock} from '../log/log-block.js';
import {hasText} from '../log/log-search.js';

/** Whether a block has the text, looked at once per block; '' is nowhere. */
export function createTextMatcher(text: string): (block: LogBlock) => boolean {
  const known = new WeakMap<LogBlock, boolean>();
  return block => {
    if (text === '') return false;
    const isKnown = known.get(block);
    if (isKnown !== undefined) return isKnown;
    const isMatch = hasText(block, text);
    known.set(block, isMatch);
    return isMatch;
  };
}
