// The log as it is read on the whole screen: which part of what is kept, and how it looks.

import type {LogBlock} from '../log/log-block.js';
import type {LogLevel} from '../log/log-level.js';
import type {Place} from './scroll.js';

export type Reading = {
  /** What is kept, oldest first; a block that has grown is another one with the same id. */
  readonly blocks: readonly LogBlock[];
  /** The last row: of that block, the row with so many of its rows below. Null: the newest, whichever that is. */
  readonly position: Position | null;
  /** The newest block when the end was left. Null: it is in sight. */
  readonly seenUpTo: number | null;
  /** Blocks after this one are held. Null: none are. */
  readonly pausedAfter: number | null;
  /** The block that was gone to, and whether it is a match of the search or an error. */
  readonly marked: Marked | null;
  /** How often the log was cleared. */
  readonly clears: number;
  /** What matters less is not shown. Null: everything is. */
  readonly minLevel: LogLevel | null;
  readonly showTime: boolean;
  /** Whether a long line ends where the screen does. */
  readonly isCut: boolean;
};

export type Marked = {readonly id: number; readonly as: 'match' | 'error'};

export type Position = {readonly id: number; readonly below: number};

export const NO_READING: Reading = {
  blocks: [],
  position: null,
  seenUpTo: null,
  pausedAfter: null,
  marked: null,
  clears: 0,
  minLevel: null,
  showTime: false,
  isCut: false,
};

export const withBlocks = (reading: Reading, blocks: readonly LogBlock[]): Reading =>
  blocks === reading.blocks ? reading : {...reading, blocks};

/** What is kept goes with it. */
export const clear = (reading: Reading): Reading => ({
  ...standAt(reading, null),
  blocks: [],
  marked: null,
  clears: reading.clears + 1,
});

/** The blocks that are not held. */
export const readable = ({blocks, pausedAfter}: Reading): readonly LogBlock[] =>
  pausedAfter === null ? blocks : blocks.slice(0, placeAfter(blocks, pausedAfter));

/** Stands at the position, or follows the end. */
export const standAt = (reading: Reading, position: Position | null): Reading => ({
  ...reading,
  position,
  seenUpTo: position && (reading.seenUpTo ?? newestOf(reading)),
});

const newestOf = ({blocks}: Reading): number => blocks.at(-1)?.id ?? 0;

/** How many of the blocks that are shown have come since the log stands still. */
export function countNew({blocks, seenUpTo, pausedAfter}: Reading, isShown: (block: LogBlock) => boolean): number {
  const last = pausedAfter ?? seenUpTo;
  return last === null ? 0 : blocks.slice(placeAfter(blocks, last)).filter(isShown).length;
}

/** Stops at what is there now, or goes on with what has come since. */
export const togglePause = (reading: Reading): Reading =>
  reading.pausedAfter === null
    ? {...reading, pausedAfter: newestOf(reading)}
    : {...standAt(reading, null), pausedAfter: null};

export const toPlace = (blocks: readonly LogBlock[], position: Position | null): Place | null =>
  position && {index: Math.max(0, placeAfter(blocks, position.id) - 1), below: position.below};

export function toPosition(blocks: readonly LogBlock[], place: Place | null): Position | null {
  const block = place && blocks[place.index];
  return block ? {id: block.id, below: place.below} : null;
}

/** So many blocks have this id or a smaller one. */
function placeAfter(blocks: readonly LogBlock[], id: number): number {
  let [low, high] = [0, blocks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((blocks[middle]?.id ?? 0) <= id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** All that matters, from warnings on, errors only, and all again. */
export const nextLevel = ({minLevel}: Reading): LogLevel | null =>
  minLevel === null ? 'warning' : minLevel === 'warning' ? 'error' : null;
