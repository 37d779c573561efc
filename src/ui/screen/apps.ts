import type {AppStatus} from '../../control/events.js';

/** The apps of the screen, and which of them is looked at. */
export type Apps = {
  readonly names: readonly string[];
  /** By name; those of which the daemon has not told yet are left out. */
  readonly statuses: ReadonlyMap<string, AppStatus>;
  /** The statuses whose figures are shown: those that change all the time are renewed with the clock only. */
  readonly shown: ReadonlyMap<string, AppStatus>;
  /** The place of the app that the keys are about. */
  readonly chosen: number;
  /** Only the lines and requests of the chosen app are shown. */
  readonly isOnly: boolean;
  readonly hidden: ReadonlySet<string>;
};

export const createApps = (names: readonly string[]): Apps => ({
  names,
  statuses: new Map(),
  shown: new Map(),
  chosen: 0,
  isOnly: false,
  hidden: new Set(),
});

export const chosenApp = ({names, chosen}: Apps): string => names[chosen] ?? '';

export const statusOf = ({shown}: Apps, app: string): AppStatus | null => shown.get(app) ?? null;

/** Whether lines and requests of the app are to be seen. What is about all of them always is. */
export function isAppShown(apps: Apps, app: string | undefined): boolean {
  if (app === undefined) return true;
  return apps.isOnly ? app === chosenApp(apps) : !apps.hidden.has(app);
}

/** A new state is shown at once, new figures with the next `renewFigures`. */
export function withStatus(apps: Apps, status: AppStatus): Apps {
  const statuses = new Map(apps.statuses).set(status.name, status);
  const before = apps.shown.get(status.name);
  return before && isSameButFigures(before, status)
    ? {...apps, statuses}
    : {...apps, statuses, shown: new Map(apps.shown).set(status.name, status)};
}

export const renewFigures = (apps: Apps): Apps =>
  apps.shown === apps.statuses ? apps : {...apps, shown: apps.statuses};

/** Its own last status may be from before it had stopped. */
export function withRemoved(apps: Apps, app: string): Apps {
  const last = apps.statuses.get(app);
  return last ? withStatus(apps, {...last, ...NOT_RUNNING}) : apps;
}

const NOT_RUNNING = {state: 'stopped', pid: null, port: null, startedAt: null, memoryBytes: null} as const;

/** What changes with every request. */
const FIGURES: ReadonlySet<string> = new Set<keyof AppStatus>(['memoryBytes', 'traffic']);

function isSameButFigures(before: AppStatus, after: AppStatus): boolean {
  const text = (status: AppStatus): string =>
    JSON.stringify(status, (key, value) => (FIGURES.has(key) ? undefined : value));
  return text(before) === text(after);
}

/** Turns to the app at that place, if there is one; what was shown of one app only is then of that. */
export const chooseApp = (apps: Apps, place: number): Apps =>
  place < apps.names.length ? {...apps, chosen: place} : apps;

/** Turns to an app so many places further, round and round. */
export const moveChoice = (apps: Apps, steps: number): Apps =>
  chooseApp(apps, (apps.chosen + apps.names.length + steps) % apps.names.length);

/** The digit of an app, counted from 1: turns to it; once more, to its lines only, or back to all. */
export const typeDigit = (apps: Apps, digit: number): Apps =>
  digit - 1 === apps.chosen ? toggleOnly(apps) : chooseApp(apps, digit - 1);

export const toggleOnly = (apps: Apps): Apps => ({...apps, isOnly: !apps.isOnly});

export function toggleHidden(apps: Apps): Apps {
  const hidden = new Set(apps.hidden);
  if (!hidden.delete(chosenApp(apps))) hidden.add(chosenApp(apps));
  return {...apps, hidden, isOnly: false};
}

export const showAll = (apps: Apps): Apps => ({...apps, isOnly: false, hidden: new Set()});
