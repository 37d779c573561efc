import type {Registration} from '../control/protocol.js';
import {TakoError} from '../system/error.js';
import {routesOf} from './app-status.js';

/**
 * Reads a registration from a client or the registry: both are ours, but perhaps of another version. Throws
 * REGISTRATION_INVALID or ROUTE_INVALID.
 */
export function parseRegistration(input: unknown): Registration {
  const {
    name,
    directory,
    configFile,
    routes,
    primaryHost,
    staticRoutes = [],
    command,
    environment,
    ...times
  } = Object(input) as Registration;
  const {readyTimeoutMs, graceMs} = times;
  const isValid =
    [name, directory, primaryHost].every(isText) &&
    (configFile === null || isText(configFile)) &&
    [routes, command].every(isTextList) &&
    (staticRoutes.length === 0 || isTextList(staticRoutes)) &&
    environment instanceof Object &&
    Object.values(environment).every(value => typeof value === 'string') &&
    Number.isFinite(readyTimeoutMs) &&
    readyTimeoutMs > 0 &&
    Number.isFinite(graceMs) &&
    graceMs >= 0;
  if (!isValid) throw new TakoError('REGISTRATION_INVALID', 'the daemon could not read the registration of the app');
  const registration = {
    name,
    directory,
    configFile,
    routes,
    primaryHost,
    ...(staticRoutes.length > 0 ? {staticRoutes} : {}),
    command,
    environment,
    readyTimeoutMs,
    graceMs,
  };
  routesOf(registration);
  return registration;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const isTextList = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(item => typeof item === 'string');
