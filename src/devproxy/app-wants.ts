// Who wants which app, and so what stops when somebody leaves. An app is wanted by the terminals that show it, for good
// by `tako ensure`, and by the apps that depend on it. Leaving stops what one has asked for and nobody else wants, and
// with it what had been started only for that.

import type {AppRequest, Registration, Stay} from '../control/protocol.js';

/** An app, as far as who wants it goes. */
export type WantedApp = {
  readonly name: string;
  readonly origin: Origin;
  /** Whether a terminal shows it. */
  readonly isUsed: boolean;
  /** The registered apps that it depends on itself. */
  readonly needs: readonly string[];
};

export type Origin = NonNullable<AppRequest['origin']>;

/** What is left behind: the apps that were asked for by name, and all that were shown. */
export type Left = {readonly asked: readonly string[]; readonly shown: readonly string[]};

export type LeaveDecision = {readonly stops: readonly string[]; readonly stays: readonly Stay[]};

/** `apps` are as they are without whoever leaves. */
export function decideLeave({asked, shown}: Left, apps: readonly WantedApp[]): LeaveDecision {
  const left = apps.filter(({name}) => asked.includes(name));
  const brought = broughtFor([...asked, ...shown], apps);
  const staying = stayingOf([...left, ...brought], apps);
  return {
    stops: [...new Set([...left, ...brought])].filter(app => !staying.has(app)).map(({name}) => name),
    stays: left.filter(app => staying.has(app)).map(app => ({name: app.name, ...reasonFor(app, [...staying])})),
  };
}

/** What stops with an app that is stopped by name. */
export function decideBrought(stopped: string, apps: readonly WantedApp[]): readonly string[] {
  const rest = apps.filter(({name}) => name !== stopped);
  const brought = broughtFor([stopped], apps).filter(app => rest.includes(app));
  const staying = stayingOf(brought, rest);
  return brought.filter(app => !staying.has(app)).map(({name}) => name);
}

export const originOf = ({request: {origin = 'dev'}}: Registration): Origin => origin;

export const withOrigin = (registration: Registration, origin: Origin): Registration => ({
  ...registration,
  request: {...registration.request, origin},
});

/** The stronger of two: what was asked for by name is not only a dependency any more, what is ensured stays so. */
export const strongerOrigin = (a: Origin, b: Origin): Origin => (ORIGINS.indexOf(a) > ORIGINS.indexOf(b) ? a : b);

const ORIGINS: readonly Origin[] = ['dependency', 'dev', 'ensure'];

/** Of these apps and those that they need, the ones that nobody asked for by name. */
function broughtFor(names: readonly string[], apps: readonly WantedApp[]): readonly WantedApp[] {
  const reached = reachedFrom(
    apps.filter(({name}) => names.includes(name)),
    apps,
  );
  return [...reached].filter(({origin}) => origin === 'dependency');
}

/** All that go on when nobody asks for these any more. */
const stayingOf = (released: readonly WantedApp[], apps: readonly WantedApp[]): ReadonlySet<WantedApp> =>
  reachedFrom(
    apps.filter(app => app.isUsed || app.origin === 'ensure' || !released.includes(app)),
    apps,
  );

/** These, all that they need, and so on. */
function reachedFrom(roots: readonly WantedApp[], apps: readonly WantedApp[]): ReadonlySet<WantedApp> {
  const reached = new Set(roots);
  // A set hands out what is added to it meanwhile.
  for (const {needs} of reached) {
    for (const app of apps) if (needs.includes(app.name)) reached.add(app);
  }
  return reached;
}

function reasonFor({name, isUsed, origin}: WantedApp, staying: readonly WantedApp[]): Omit<Stay, 'name'> {
  const by = staying.filter(({needs}) => needs.includes(name)).map(app => app.name);
  return {because: isUsed ? 'used' : origin === 'ensure' ? 'ensured' : 'needed', by};
}
