import {z} from 'zod';
import {
  anyTable,
  field,
  flag,
  listOf,
  oneOf,
  parseInto,
  table,
  tableOf,
  text,
  wholeNumber,
} from '../../config/field.js';
import {MAX_SCALE} from '../../config/on-servers.js';
import {appName, environmentName, MAX_APP_NAME_LENGTH, port, variableName} from '../../config/value.js';
import {parseRoute, renderRoute} from '../../proxy/route-syntax.js';
import {findFolderProblem, findPathProblem} from './release-path.js';

/** Timers hold 2^31-1 milliseconds; longer ones would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const orNull = <T>(schema: z.ZodType<T>): z.ZodType<T | null> =>
  z.unknown().transform((input, context) => (input === null ? null : parseInto(context, schema, input)));

const duration = wholeNumber(0, MAX_TIMER_MS);
const timeout = wholeNumber(1, MAX_TIMER_MS);
const limit = orNull(wholeNumber(1, Number.MAX_SAFE_INTEGER));
const anyText = text('a string without NUL', value => value.isWellFormed());
const filledText = text('a non-empty string', value => value !== '' && value.isWellFormed());
const folder = text('a folder in the release, or "."', value => findFolderProblem(value) === undefined);
const file = text('a path in the release', value => findPathProblem(value) === undefined);

const mountPath = text('a path such as "/static"', value => /^(?:\/[\w.~-]+)+$/.test(value) && !value.includes('..'));

/** It becomes a folder's name; otherwise as in tako.toml. */
const environment = text(
  `${environmentName.expected}, at most ${MAX_APP_NAME_LENGTH} characters`,
  value => environmentName.isValid(value) && value.length <= MAX_APP_NAME_LENGTH,
);

const runtime = table({
  name: oneOf('node', 'bun', 'deno'),
  version: text('a version such as "24.1.0"', value => /^\d{1,4}\.\d{1,4}\.\d{1,4}$/.test(value)),
  file: orNull(file),
}).refine(({name, file}) => name === 'node' || file !== null, {
  path: ['file'],
  error: 'expected a path in the release: servers have a Node of their own only',
});

const command = listOf(anyText, 'an array of strings').refine(words => words[0] !== undefined && words[0] !== '', {
  error: 'expected a program as the first word',
});

const HEALTH = {
  status: table({type: oneOf('status')}),
  http: table({
    type: oneOf('http'),
    // RFC 9110, section 7.1: what stands in a request line.
    path: text('a path such as "/health"', value => /^\/[\x21-\x7e]*$/.test(value)),
  }),
  tcp: table({type: oneOf('tcp')}),
};

const health = anyTable.transform((input, context) => {
  const {type} = input as {readonly type?: unknown};
  const known = typeof type === 'string' && Object.hasOwn(HEALTH, type) ? (type as keyof typeof HEALTH) : 'status';
  return parseInto<unknown>(context, HEALTH[known], input);
});

const releaseProcess = table({
  command,
  runtime: orNull(runtime),
  ready: oneOf('fd', 'any'),
  port: orNull(port(1)),
  readyTimeoutMs: timeout,
  graceMs: duration,
  idleTimeoutMs: orNull(timeout),
  health,
  healthTimings: table({intervalMs: timeout, timeoutMs: timeout, windowMs: timeout}),
  stabilityMs: duration,
  limits: table({memoryBytes: limit, processes: limit, openFiles: limit}),
});

const route = field('a route such as "app.example.com/api/*"', input =>
  typeof input === 'string' && parseRoute(input).ok ? input : undefined,
);

const routes = listOf(route, 'an array of routes')
  .refine(list => list.length > 0, {error: 'expected at least one route'})
  .refine(list => new Set(list.map(normal)).size === list.length, {error: 'a route is there twice'});

const normal = (text: string): string => {
  const parsed = parseRoute(text);
  return parsed.ok ? renderRoute(parsed.route) : text;
};

/** A manifest but for its files, which are checked by themselves: there may be 200,000. */
export const MANIFEST_SCHEMA = table({
  format: field('1, the only format there is', input => (input === 1 ? input : undefined)),
  app: appName,
  environment,
  files: z.unknown(),
  directory: folder,
  process: orNull(releaseProcess),
  assets: table({
    folders: listOf(folder, 'an array of folders'),
    mounts: listOf(table({folder, at: mountPath}), 'an array of mounts'),
    fallback: orNull(file),
  }),
  routes,
  variables: tableOf(anyText, variableName),
  releaseCommand: orNull(filledText),
  ssl: oneOf('letsencrypt', 'cloudflare', 'files', 'internal', 'off'),
  sourceIp: oneOf('auto', 'direct', 'cloudflare-proxy', 'trusted-proxy'),
  settings: table({
    scale: orNull(wholeNumber(0, MAX_SCALE)),
    keepReleases: wholeNumber(1, 1_000),
    assetsWindowMs: duration,
  }),
  commit: orNull(
    table({
      sha: text('a commit', value => /^[0-9a-f]{4,64}$/.test(value)),
      message: anyText,
      isDirty: flag,
    }),
  ),
});
