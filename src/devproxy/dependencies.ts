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

function findDependencies(app: Registration, all: readonly Registration[]): readonly Registration[] {
  return app.dependsOn.map(wanted => {
    const isWanted = (other: Registration): boolean => plainNameOf(other) === wanted || other.name === wanted;
    const candidates = all.filter(isWanted);
    const found = candidates.find(({workspace}) => workspace !== null && workspace === app.workspace) ?? candidates[0];
    if (found) return found;
    throw new TakoError('DEPENDENCY_MISSING', `${app.name} depends on ${wanted}, which is not registered`, {
      hint: `run "tako dev" in the folder of ${wanted} first, or "tako dev" at the root of the workspace`,
    });
  });
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
