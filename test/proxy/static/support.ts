// A gateway in front of folders of files, each test's own.

import {mkdir, mkdtemp, realpath, rm, utimes, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {onTestFinished} from 'vitest';
import type {Gateway} from '../../../src/proxy/gateway.js';
import {createRouteTable, type Route} from '../../../src/proxy/route-table.js';
import {createStaticFiles, type StaticFilesOptions} from '../../../src/proxy/static/static-files.js';
import {createStaticFilter} from '../../../src/proxy/static/static-filter.js';
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

export type StaticGatewayOptions = Partial<StaticFilesOptions> & {
  readonly gateway?: TestGatewayOptions;
  readonly routes?: readonly Route[];
};

/** Serves the folders for app.test; without an app behind, if not said otherwise. */
export async function serveFolders({
  gateway,
  routes = [route(HOST)],
  ...options
}: StaticGatewayOptions): Promise<Gateway> {
  const files = await createStaticFiles({folders: [], hasApp: false, ...options});
  const table = createRouteTable(routes);
  const filter = createStaticFilter({routes: () => table, filesOf: app => (app === APP ? files : undefined)});
  return startGateway({...gateway, routes, filters: [filter]});
}

export const serveFiles = async (files: Files, options: StaticGatewayOptions = {}): Promise<Gateway> =>
  serveFolders({folders: [await makeFolder(files)], ...options});
