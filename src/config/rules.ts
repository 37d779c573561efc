// What the keys of tako.toml mean together. The rules read the file as it was written, so that they speak even while
// single keys are wrong; what has not the expected kind is left to the schema.

import type {DocumentRules} from './document.js';
import {ON_SERVERS_KEYS} from './on-servers.js';
import type {Finding} from './problem.js';
import {isTable, type KeyPath, type TomlTable, type TomlValue} from './toml.js';
import {RESERVED_VARIABLE} from './vars.js';

export const takoTomlRules: DocumentRules = {
  problems: toml => [
    ...CONFLICTS.flatMap(conflict => findConflict(toml, conflict)),
    ...environmentsOf(toml).flatMap(name => findEnvironmentProblems(toml, name)),
    ...findReservedStorage(toml),
    ...findRestartProblems(toml),
    ...findOwnDependency(toml),
  ],
  warnings: toml => [...findReservedVariables(toml), ...findServerKeys(toml)],
};

type Conflict = {readonly key: KeyPath; readonly with: KeyPath; readonly message: string};

const inContainer = (message: string, ...key: readonly string[]): Conflict => ({key, with: ['container'], message});

const CONFLICTS: readonly Conflict[] = [
  inContainer('cannot be used with container: the Dockerfile says what runs', 'main'),
  inContainer('cannot be used with container: put the files into the image', 'assets'),
  inContainer('cannot be used with container: use CMD in the Dockerfile', 'start'),
  inContainer('cannot be used with container: build in the Dockerfile', 'build'),
  inContainer('cannot be used with container: use stages of the Dockerfile', 'build_stages'),
  {key: ['build', 'run'], with: ['build_stages'], message: 'cannot be used with build_stages: make it a stage'},
  {key: ['build', 'include'], with: ['build_stages'], message: 'cannot be used with build_stages'},
  {
    key: ['build', 'exclude'],
    with: ['build_stages'],
    message: 'cannot be used with build_stages: each stage has its own',
  },
];

function findConflict(toml: TomlTable, conflict: Conflict): readonly Finding[] {
  return isPresent(find(toml, conflict.key)) && isPresent(find(toml, conflict.with))
    ? [{path: conflict.key, message: conflict.message}]
    : [];
}

function findEnvironmentProblems(toml: TomlTable, name: string): readonly Finding[] {
  const path = ['envs', name];
  const environment = tableAt(toml, path);
  const isDevelopment = name === DEVELOPMENT;
  return [
    ...findRouteProblems(environment, path, isDevelopment),
    ...(environment.idle_timeout === 'never' && !isDevelopment
      ? [{path: [...path, 'idle_timeout'], message: '"never" is allowed in development only'}]
      : []),
    ...(isDevelopment ? [] : findUnknownBindings(toml, path)),
    ...findBackupProblems(toml, path),
  ];
}

function findRouteProblems(environment: TomlTable, path: KeyPath, isDevelopment: boolean): readonly Finding[] {
  const {route, routes} = environment;
  if (route !== undefined && routes !== undefined) {
    return [{path: [...path, 'routes'], message: 'cannot be used with route: put every route into routes'}];
  }
  const hasNone = route === undefined && !isPresent(routes);
  return hasNone && !isDevelopment
    ? [
        {
          path: routes === undefined ? path : [...path, 'routes'],
          message: 'needs at least one route, as in route = "app.example.com"',
        },
      ]
    : [];
}

function findUnknownBindings(toml: TomlTable, path: KeyPath): readonly Finding[] {
  return Object.entries(tableAt(toml, [...path, 'storages']))
    .filter(([, resource]) => typeof resource === 'string' && resource !== LOCAL && !isDeclared(toml, resource))
    .map(([binding, resource]) => ({path: [...path, 'storages', binding], message: notDeclared(resource)}));
}

function findBackupProblems(toml: TomlTable, path: KeyPath): readonly Finding[] {
  const key = [...path, 'backup', 'storage'];
  const resource = find(toml, key);
  if (typeof resource !== 'string') return [];
  if (!isDeclared(toml, resource)) return [{path: key, message: notDeclared(resource)}];
  return 'public_base_url' in tableAt(toml, ['storages', resource])
    ? [{path: key, message: `storage "${resource}" is public (it has public_base_url); backups need a private one`}]
    : [];
}

function findReservedStorage(toml: TomlTable): readonly Finding[] {
  return isDeclared(toml, LOCAL)
    ? [{path: ['storages', LOCAL], message: `"${LOCAL}" is built in and cannot be declared`}]
    : [];
}

function findRestartProblems({restart, port}: TomlTable): readonly Finding[] {
  return restart === 'start-first' && port !== undefined
    ? [{path: ['restart'], message: '"start-first" cannot be used with port: two instances cannot listen on one port'}]
    : [];
}

function findOwnDependency({name, depends_on: names}: TomlTable): readonly Finding[] {
  const index = typeof name === 'string' && Array.isArray(names) ? names.indexOf(name) : -1;
  return index === -1 ? [] : [{path: ['depends_on', index], message: 'is this app itself'}];
}

function findReservedVariables(toml: TomlTable): readonly Finding[] {
  const vars = tableAt(toml, ['vars']);
  const tables = Object.keys(vars).filter(key => isTable(vars[key]) && key !== RESERVED_VARIABLE);
  return [[], ...tables.map(key => [key])]
    .map(path => ['vars', ...path, RESERVED_VARIABLE])
    .filter(path => find(toml, path) !== undefined)
    .map(path => ({path, message: 'is set by tako to the name of the environment; this value is ignored'}));
}

function findServerKeys(toml: TomlTable): readonly Finding[] {
  return ['servers', ...ON_SERVERS_KEYS]
    .map(key => ['envs', DEVELOPMENT, key])
    .filter(path => find(toml, path) !== undefined)
    .map(path => ({path, message: 'is ignored: development runs on this machine'}));
}

const DEVELOPMENT = 'development';
/** The storage on the machine's own disk. */
const LOCAL = 'local';

const environmentsOf = (toml: TomlTable): readonly string[] => {
  const envs = tableAt(toml, ['envs']);
  return Object.keys(envs).filter(name => isTable(envs[name]));
};

const isDeclared = (toml: TomlTable, storage: string): boolean => Object.hasOwn(tableAt(toml, ['storages']), storage);
const notDeclared = (storage: TomlValue | undefined): string => `there is no [storages.${storage}] in this file`;

function find(toml: TomlTable, path: KeyPath): TomlValue | undefined {
  let value: TomlValue | undefined = toml;
  for (const key of path) value = isTable(value) ? value[key] : undefined;
  return value;
}

function tableAt(toml: TomlTable, path: KeyPath): TomlTable {
  const value = find(toml, path);
  return isTable(value) ? value : {};
}

/** Whether a key says anything: an empty array or table is the same as none. */
function isPresent(value: TomlValue | undefined): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isTable(value) ? Object.keys(value).length > 0 : value !== undefined;
}
