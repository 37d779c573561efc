// Why an app cannot be registered, found or reached.

import type {Registration} from '../control/protocol.js';
import {ActivationError} from '../proxy/cold-start.js';
import {renderRoute} from '../proxy/route-syntax.js';
import {findRouteConflicts} from '../proxy/route-table.js';
import {StartError} from '../supervisor/start-error.js';
import {TakoError} from '../system/error.js';
import {routesOf} from './app-status.js';
import {isDashboardHost} from './dashboard/hosts.js';

/** Throws ROUTE_CONFLICT when another app serves one of its routes, ROUTE_RESERVED when tako itself does. */
export function assertNoConflict(registration: Registration, others: readonly Registration[]): void {
  const reserved = routesOf(registration).find(({host}) => isDashboardHost(host));
  if (reserved) {
    throw new TakoError('ROUTE_RESERVED', `${reserved.host} is tako's own page`, {
      hint: `give the app another name, or other routes, in tako.toml: name = "${registration.name}-app"`,
    });
  }
  const rest = others.filter(({name}) => name !== registration.name);
  const [conflict] = findRouteConflicts([...rest, registration].flatMap(routesOf));
  if (!conflict) return;
  throw new TakoError('ROUTE_CONFLICT', `${renderRoute(conflict.route)} is served by ${conflict.other.app} already`, {
    hint: `choose another route or name in tako.toml, or run "tako dev stop ${conflict.other.app}"`,
  });
}

/** Throws NAME_TAKEN when the app of that name is that of another project. */
export function assertSameProject(known: Registration, wanted: Registration): void {
  if (known.directory === wanted.directory && known.configFile === wanted.configFile) return;
  throw new TakoError('NAME_TAKEN', `an app named ${known.name} is registered in ${known.directory} already`, {
    hint: 'set another name in tako.toml',
  });
}

export function unknownApp(name: string, known: readonly string[]): TakoError {
  const hint = known.length > 0 ? `registered: ${known.join(', ')}` : 'run "tako dev" in its folder';
  return new TakoError('NO_SUCH_APP', `no app is registered as ${name}`, {hint});
}

/** The failure of an app as that of the one that needs it. */
export function dependencyFailed(error: unknown, name: string, dependent: string): unknown {
  if (!(error instanceof TakoError)) return error;
  const {message, hint, details} = error;
  return new TakoError('DEPENDENCY_FAILED', `${dependent} needs ${name}, which did not start: ${message}`, {
    ...(hint === undefined ? {} : {hint}),
    details,
    cause: error,
  });
}

/** What a waiting request is told: in time, but in vain, is another answer than too late. */
export function toActivationError(error: unknown, name: string): unknown {
  if (!(error instanceof TakoError)) return error;
  const failure = error.code === 'APP_NOT_READY' ? 'timed-out' : 'failed';
  const details = error instanceof StartError ? error.lastLines : error.details;
  const options = {details, cause: error, ...(error.hint === undefined ? {} : {hint: error.hint})};
  return new ActivationError(failure, error.code, `${name}: ${error.message}`, options);
}
