import type {Style} from './style.js';

/** Paints the name of an app, always in the same colour. */
export type PaintApp = (app: string, text: string) => string;

/** Not red, which is for errors. Neighbours are far apart, also for those who see few colours. */
const COLOURS = ['cyan', 'magenta', 'yellow', 'blue', 'green'] as const satisfies readonly (keyof Style)[];

/** A colour for each app by its place in the list; none for one that is alone. */
export function createPaintApp(apps: readonly string[], style: Style): PaintApp {
  if (apps.length < 2) return (_, text) => text;
  return (app, text) => {
    const colour = COLOURS[Math.max(0, apps.indexOf(app)) % COLOURS.length];
    return colour ? style[colour](text) : text;
  };
}

/** A longer name takes the room it needs, on its own lines only. */
const MAX_HEAD_COLUMNS = 16;

/** What stands in front of an app's lines: its name where there are several apps, else nothing. */
export function createAppHeads(apps: readonly string[], style: Style): (app: string | undefined) => string {
  const paint = createPaintApp(apps, style);
  const columns = Math.min(MAX_HEAD_COLUMNS, Math.max(...apps.map(({length}) => length)));
  return app => (app === undefined || apps.length < 2 ? '' : `${paint(app, app.padEnd(columns))} ${style.dim('│')} `);
}
