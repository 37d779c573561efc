import type {AppRequest, Registration} from '../control/protocol.js';
import {TakoError} from '../system/error.js';
import {routesOf} from './app-status.js';

/**
 * Reads a registration from a client or the registry: both are ours, but perhaps of another version. Throws
 * REGISTRATION_INVALID or ROUTE_INVALID.
 */
export function parseRegistration(input: unknown): Registration {
  const registration = pick(input, REGISTRATION);
  routesOf(registration);
  return registration;
}

type Check = (value: unknown) => boolean;
type Checks<T> = {readonly [Key in keyof T]-?: Check};

/** The fields that are known, each as it has to be. One that is left out stays so, where its check lets it. */
function pick<T>(input: unknown, checks: Checks<T>): T {
  const source = Object(input) as T;
  const entries = Object.entries(checks) as [keyof T, Check][];
  const wrong = entries.find(([key, isRight]) => !isRight(source[key]));
  if (wrong) throw unreadable(String(wrong[0]));
  return Object.fromEntries(entries.map(([key]) => [key, source[key]]).filter(([, value]) => value !== undefined)) as T;
}

const unreadable = (field: string): TakoError =>
  new TakoError('REGISTRATION_INVALID', `the daemon could not read the registration of the app (${field})`, {
    hint: 'run "tako dev" in its folder again',
  });

const isText: Check = value => typeof value === 'string' && value !== '';
const isTextList: Check = value => Array.isArray(value) && value.every(item => typeof item === 'string');
const isFilledList: Check = value => isTextList(value) && (value as unknown[]).length > 0;
const isRecord: Check = value =>
  value instanceof Object && Object.values(value).every(item => typeof item === 'string');
const isPositive: Check = value => typeof value === 'number' && Number.isFinite(value) && value > 0;
const isDuration: Check = value => value === 0 || isPositive(value);
const orNull =
  (isRight: Check): Check =>
  value =>
    value === null || isRight(value);
const orLeftOut =
  (isRight: Check): Check =>
  value =>
    value === undefined || isRight(value);
const oneOf =
  (...words: readonly string[]): Check =>
  value =>
    words.includes(value as string);

const REQUEST: Checks<AppRequest> = {
  directory: isText,
  configFile: orNull(isText),
  name: isText,
  variant: orNull(isText),
  words: isTextList,
  staticRoutes: isTextList,
  origin: orLeftOut(oneOf('dev', 'ensure', 'dependency')),
  terminal: isRecord,
};

const REGISTRATION: Checks<Registration> = {
  name: isText,
  directory: isText,
  configFile: orNull(isText),
  routes: isFilledList,
  primaryHost: isText,
  staticRoutes: orLeftOut(isFilledList),
  command: isFilledList,
  environment: isRecord,
  bootstrapIn: orLeftOut(oneOf('environment')),
  readyTimeoutMs: isPositive,
  graceMs: isDuration,
  ready: oneOf('fd', 'any'),
  port: orNull(isPositive),
  restart: oneOf('start-first', 'stop-first'),
  idleTimeoutMs: orNull(isPositive),
  presentAs: orNull(isText),
  presentOnLan: orLeftOut(isText),
  presentPaths: orLeftOut(isTextList),
  reloads: oneOf('nothing', 'server', 'pages'),
  watch: isTextList,
  ignore: isTextList,
  maskedNames: orLeftOut(isTextList),
  secretDelivery: orLeftOut(oneOf('bootstrap', 'environment', 'both')),
  dependsOn: isTextList,
  workspace: orNull(isText),
  request: value => pick(value, REQUEST) !== undefined,
};
