import type {z} from 'zod';
import {IMAGE_FORMATS, SECRET_DELIVERIES, SOURCE_IPS, SSL_SOURCES} from './config.js';
import {
  anyTable,
  flag,
  listOf,
  nonEmptyText,
  oneOf,
  parseInto,
  readNamed,
  table,
  tableOf,
  text,
  wholeNumber,
} from './field.js';
import {onServersShape} from './on-servers.js';
import {splitTable} from './toml.js';
import {
  appName,
  command,
  commandOrNone,
  duration,
  entrypoint,
  environmentName,
  filePattern,
  freeName,
  httpsUrl,
  idleTimeout,
  insidePath,
  plainPath,
  port,
  preset,
  relativePath,
  resourceName,
  route,
  toolVersion,
} from './value.js';
import {vars} from './vars.js';

const texts = listOf(text(), 'an array of strings');
const names = listOf(nonEmptyText, 'an array of strings');
const count = wholeNumber(0, Number.MAX_SAFE_INTEGER);

const environment = table({
  ...onServersShape,
  route: route.optional(),
  routes: listOf(route, 'an array of routes').optional(),
  servers: names.optional(),
  storages: tableOf(nonEmptyText, freeName).optional(),
  backup: table({storage: nonEmptyText}).optional(),
  source_ip: oneOf(...SOURCE_IPS).optional(),
  ssl: oneOf(...SSL_SOURCES).optional(),
  idle_timeout: idleTimeout.optional(),
  release: text().optional(),
});

const build = table({
  run: text().optional(),
  install: text().optional(),
  cwd: relativePath.optional(),
  include: texts.optional(),
  exclude: texts.optional(),
});

const buildStage = table({
  name: nonEmptyText.optional(),
  cwd: relativePath.optional(),
  install: text().optional(),
  run: nonEmptyText,
  exclude: texts.optional(),
});

const images = table({
  local_patterns: texts.optional(),
  remote_patterns: texts.optional(),
  sizes: listOf(wholeNumber(1, Number.MAX_SAFE_INTEGER), 'an array of widths in pixels').optional(),
  qualities: listOf(wholeNumber(1, 100), 'an array of percentages').optional(),
  formats: listOf(oneOf(...IMAGE_FORMATS), 'an array of formats').optional(),
});

const pool = table({run: command.optional(), workers: count.optional(), concurrency: count.optional()});

/** The keys of a pool for all workflows; every other key is a table: a group with a pool of its own. */
const workflows = anyTable.transform((input, context) => {
  const {values, tables} = splitTable(input);
  return {...parseInto(context, pool, values), groups: readNamed(tables, context, pool, resourceName)};
});

const storage = table({
  provider: oneOf('s3').optional(),
  bucket: nonEmptyText,
  endpoint: httpsUrl,
  region: nonEmptyText,
  force_path_style: flag.optional(),
  public_base_url: httpsUrl.optional(),
});

/** Every key of tako.toml by itself, with the names of the file. What keys mean together is in rules.ts. */
export const takoToml = table({
  ...onServersShape,
  name: appName.optional(),
  runtime: toolVersion(['bun', 'node', 'go', 'deno', 'python']).optional(),
  package_manager: toolVersion().optional(),
  preset: preset.optional(),
  main: entrypoint.optional(),
  app_root: insidePath.optional(),
  assets: listOf(insidePath, 'an array of paths').optional(),
  dev: commandOrNone.optional(),
  start: command.optional(),
  container: plainPath.optional(),
  release: text().optional(),
  build: build.optional(),
  build_stages: listOf(buildStage, 'an array of tables').optional(),
  images: images.optional(),
  workflows: workflows.optional(),
  vars: vars.optional(),
  envs: tableOf(environment, environmentName).optional(),
  storages: tableOf(storage, resourceName).optional(),
  servers: tableOf(table({workflows: workflows.optional()}), freeName).optional(),
  ready: oneOf('fd').optional(),
  port: port(1).optional(),
  ready_timeout: duration(1).optional(),
  grace_period: duration(0).optional(),
  watch: listOf(filePattern, 'an array of patterns').optional(),
  ignore: listOf(filePattern, 'an array of patterns').optional(),
  restart: oneOf('stop-first', 'start-first').optional(),
  depends_on: listOf(appName, 'an array of app names').optional(),
  inspector: table({mask: names.optional()}).optional(),
  secrets: oneOf(...SECRET_DELIVERIES).optional(),
});

export type TakoToml = z.output<typeof takoToml>;
export type EnvironmentToml = z.output<typeof environment>;
export type StorageToml = z.output<typeof storage>;
export type PoolToml = z.output<typeof pool>;
export type WorkflowsToml = z.output<typeof workflows>;
