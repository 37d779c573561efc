import {nearest} from '../../system/suggestion.js';

/** The first of the names that is one slip away: a letter too many, too few, another one, or two swapped. */
export const similarName = (name: string, names: readonly string[]): string | undefined =>
  // Of two letters, one may be wrong in almost every other short name.
  name.length < 3
    ? undefined
    : nearest(
        name,
        names.filter(other => other !== name),
        1,
      );
