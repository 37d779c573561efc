// A gateway in front of folders of files, each test's own.

import {mkdir, mkdtemp, realpath, rm, utimes, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {onTestFinished} from 'vitest';
import type {Gateway} from '../../../src/proxy/gateway.js';
import type {RouteFilter} from '../../../src/proxy/request-path.js';
import type {Route} from '../../../src/proxy/route-table.js';
import type {ServedFolder} from '../../../src/proxy/static/file-index.js';
import {createStaticFiles, type StaticFilesOptions} from '../../../src/proxy/static/static-files.js';
import {APP, HOST, route, startGateway, type TestGatewayOptions} from '../harness.js';

/** Contents by path. */
export type Files = Readonly<Record<string, string | Buffer>>;

/** When every file of the tests was modified. */
export const MODIFIED = 'Wed, 01 Jan 2025 00:00:00 GMT';

export async function makeFolder(files: Files = {}): Promise<string> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'tako-static-')));
  onTestFinished(() => rm(folder, {recursive: true, force: true}));
  await addFiles(folder, files);
  return folder;
}

export async function addFiles(folder: string, files: Files): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), {recursive: true});
    await writeFile(file, content);
    await utimes(file, new Date(MODIFIED), new Date(MODIFIED));
  }
}

export type StaticGatewayOptions = Partial<Omit<StaticFilesOptions, 'folders' | 'previous'>> & {
  /** Served at `/`. */
  readonly folders?: readonly string[];
  readonly previous?: readonly string[];
  readonly mounts?: readonly ServedFolder[];
  readonly gateway?: TestGatewayOptions;
  readonly routes?: readonly Route[];
};

/** Serves the folders for app.test; without an app behind, if not said otherwise. */
export async function serveFolders({
  gateway,
  routes = [route(HOST)],
  folders = [],
  previous = [],
  mounts = [],
  ...options
}: StaticGatewayOptions): Promise<Gateway> {
  const files = await createStaticFiles({
    hasApp: false,
    ...options,
    folders: [...folders.map(atRoot), ...mounts],
    previous: previous.map(atRoot),
  });
  const routeFilter: RouteFilter = (session, found) => found.app === APP && files.answer(session, found);
  return startGateway({...gateway, routes, routeFilter});
}

const atRoot = (folder: string): ServedFolder => ({folder, at: '/'});

export const serveFiles = async (files: Files, options: StaticGatewayOptions = {}): Promise<Gateway> =>
  serveFolders({folders: [await makeFolder(files)], ...options});
