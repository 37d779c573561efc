import type {Registration} from '../control/protocol.js';
import {TakoError} from '../system/error.js';
import {plainNameOf} from './app-launch.js';

/**
 * The names under which the apps that one depends on are registered: by their own name, or in a second checkout by that
 * checkout's. Throws DEPENDENCY_MISSING, or DEPENDENCY_CYCLE when following them leads back.
 */
export function dependenciesOf(app: Registration, all: readonly Registration[]): readonly string[] {
  const found = findDependencies(app, all);
  assertNoCycle(app, all, [app.name]);
  return found.map(({name}) => name);
}

/** As `dependenciesOf`, without those that are not registered. */
export const knownDependenciesOf = (app: Registration, all: readonly Registration[]): readonly string[] =>
  app.dependsOn.flatMap(wanted => findDependency(app, wanted, all)?.name ?? []);

function findDependencies(app: Registration, all: readonly Registration[]): readonly Registration[] {
  return app.dependsOn.map(wanted => {
    const found = findDependency(app, wanted, all);
    if (found) return found;
    throw new TakoError('DEPENDENCY_MISSING', `${app.name} depends on ${wanted}, which is not registered`, {
      hint: `run "tako dev" in the folder of ${wanted} first, or "tako dev" at the root of the workspace`,
    });
  });
}

function findDependency(
  {workspace}: Registration,
  wanted: string,
  all: readonly Registration[],
): Registration | undefined {
  const candidates = all.filter(other => plainNameOf(other) === wanted || other.name === wanted);
  return candidates.find(other => workspace !== null && other.workspace === workspace) ?? candidates[0];
}

function assertNoCycle(app: Registration, all: readonly Registration[], path: readonly string[]): void {
  for (const next of findDependencies(app, all)) {
    if (path.includes(next.name)) {
      throw new TakoError('DEPENDENCY_CYCLE', `apps depend on each other: ${[...path, next.name].join(' -> ')}`, {
        hint: 'take one of them out of depends_on',
      });
    }
    assertNoCycle(next, all, [...path, next.name]);
  }
}
