import type {Style} from './style.js';
import {hashOf} from './text/hash.js';

/** Paints the name of an app, always in the same colour. */
export type PaintApp = (app: string, text: string) => string;

/** Not red, which is for errors. Neighbours are far apart, also for those who see few colours. */
const COLOURS = ['cyan', 'magenta', 'yellow', 'blue', 'green'] as const satisfies readonly (keyof Style)[];

/**
 * The colour of an app comes from its name, so that it has the same one in every session; where another of these apps has
 * that already, it gets the next that is free. None for an app that is alone.
 */
export function createPaintApp(apps: readonly string[], style: Style): PaintApp {
  if (apps.length < 2) return (_, text) => text;
  const places = new Map<string, number>();
  // In the order of names, as the order in which they are shown may be another one each time.
  for (const app of [...apps].sort()) places.set(app, freePlace(placeOf(app), [...places.values()]));
  return (app, text) => {
    const colour = COLOURS[places.get(app) ?? placeOf(app)];
    return colour ? style[colour](text) : text;
  };
}

function freePlace(wanted: number, taken: readonly number[]): number {
  const places = COLOURS.map((_, step) => (wanted + step) % COLOURS.length);
  return places.find(place => !taken.includes(place)) ?? wanted;
}

const placeOf = (app: string): number => hashOf(app) % COLOURS.length;
