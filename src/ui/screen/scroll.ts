// Reading a log row by row, where a block of lines takes as many rows as it needs. Only the blocks that are seen, or
// scrolled over, are ever laid out.

/** What the last row shows: of the block at that place, the row that has so many of its rows below it. */
export type Place = {readonly index: number; readonly below: number};

/** The blocks there are to read, oldest first. */
export type Blocks = {
  readonly count: number;
  /** None for one that is not shown. */
  rowsOf(index: number): number;
};

/** A block that is seen, without the rows that are below the last row or above the first. */
export type SeenBlock = {readonly index: number; readonly fromRow: number; readonly toRow: number};

/** The blocks of so many rows that end at the place, oldest first. Null: that end with the newest. */
export function seenBlocks(blocks: Blocks, place: Place | null, height: number): readonly SeenBlock[] {
  const seen: SeenBlock[] = [];
  let left = height;
  let {index, below} = settle(blocks, place);
  for (; left > 0 && index >= 0; index--, below = 0) {
    const toRow = blocks.rowsOf(index) - below;
    const fromRow = Math.max(0, toRow - left);
    if (toRow > 0) seen.push({index, fromRow, toRow});
    left -= Math.max(0, toRow - fromRow);
  }
  return seen.reverse();
}

/** The place so many rows further down, or up if negative, in a window of that height. Null: the end. */
export const scrollBy = (blocks: Blocks, place: Place | null, rows: number, height: number): Place | null =>
  rows < 0 ? up(blocks, place, -rows, height) : place && down(blocks, place, rows);

/** Where a window of that height has the first row at its top. Null: it shows all there is. */
export function scrollToFirst(blocks: Blocks, height: number): Place | null {
  let left = height;
  for (let index = 0; index < blocks.count; index++) {
    const rows = blocks.rowsOf(index);
    if (rows >= left) return orEnd(blocks, {index, below: rows - left});
    left -= rows;
  }
  return null;
}

/** Where the block is in sight from its first row on, with what came after it in the lower third of the window. Null: the end. */
export function scrollTo(blocks: Blocks, index: number, height: number): Place | null {
  const room = height - blocks.rowsOf(index);
  if (room <= 0) return orEnd(blocks, {index, below: -room});
  return down(blocks, {index, below: 0}, Math.min(room, Math.floor(height / 3)));
}

function up(blocks: Blocks, place: Place | null, rows: number, height: number): Place | null {
  const highest = scrollToFirst(blocks, height);
  if (highest === null) return null;
  let {index, below} = settle(blocks, place);
  below += rows;
  for (; index >= 0 && below >= blocks.rowsOf(index); index--) below -= blocks.rowsOf(index);
  return isAbove({index, below}, highest) ? highest : {index, below};
}

function down(blocks: Blocks, place: Place, rows: number): Place | null {
  let {index, below} = settle(blocks, place);
  below -= rows;
  while (below < 0) {
    index += 1;
    if (index >= blocks.count) return null;
    below += blocks.rowsOf(index);
  }
  return orEnd(blocks, {index, below});
}

const isAbove = (place: Place, other: Place): boolean =>
  place.index < other.index || (place.index === other.index && place.below > other.below);

/** The last row that is shown is where those to come are followed. */
function orEnd(blocks: Blocks, place: Place): Place | null {
  if (place.below > 0) return place;
  for (let index = place.index + 1; index < blocks.count; index++) if (blocks.rowsOf(index) > 0) return place;
  return null;
}

/** A block that is shown no more has no rows that could be below. */
function settle(blocks: Blocks, place: Place | null): Place {
  if (place === null || place.index >= blocks.count) return {index: blocks.count - 1, below: 0};
  return {index: place.index, below: Math.max(0, Math.min(place.below, blocks.rowsOf(place.index) - 1))};
}
