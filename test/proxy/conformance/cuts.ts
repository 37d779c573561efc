import {createRandom} from '../../helpers/random.js';
import {isSoak} from '../../helpers/soak.js';

/** Where a message is cut into packets: behind how many bytes. No cut at all: it comes whole. */
export type Cuts = readonly number[];

const SEED = 20_260_101;
const SAMPLED_CUTS = 3;
/** Up to here a message is also sent byte by byte. */
const MAX_BYTE_BY_BYTE = 160;
/** Up to here soak cuts at every place. Of longer messages the middle is the same byte over and over. */
const MAX_EVERY_CUT = 1_200;
/** Beyond it soak takes a sample too. */
const MAX_SOAKED = 100_000;

/** The ways to cut a message: whole, and in two at places; under soak at every place, and byte by byte. */
export function waysToCut(length: number, seed = SEED): readonly Cuts[] {
  const places = isSoak && length <= MAX_SOAKED ? everyPlace(length) : sampledPlaces(length, seed);
  const byteByByte = isSoak && length <= MAX_BYTE_BY_BYTE ? [everyPlace(length)] : [];
  return [[], ...places.map(place => [place]), ...byteByByte];
}

/** The pieces of a message between its cuts. */
export const cutApart = (message: Buffer, cuts: Cuts): Buffer[] =>
  [0, ...cuts].map((start, index) => message.subarray(start, cuts[index] ?? message.length));

/** How a way to cut is told in a failure. */
export const describeCuts = (cuts: Cuts): string =>
  cuts.length === 0 ? 'whole' : cuts.length === 1 ? `cut behind byte ${cuts[0]}` : 'byte by byte';

function everyPlace(length: number): number[] {
  const places = Array.from({length: Math.max(0, length - 1)}, (_, index) => index + 1);
  return places.filter(place => place <= MAX_EVERY_CUT / 2 || place >= length - MAX_EVERY_CUT / 2);
}

function sampledPlaces(length: number, seed: number): number[] {
  if (length < 2) return [];
  const random = createRandom(seed + length);
  return Array.from({length: SAMPLED_CUTS}, () => 1 + random.below(length - 1));
}
