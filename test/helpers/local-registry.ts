// A registry of npm's kind that has packages of this repository, packed as they would be published; what else is asked for
// is with the registry that npm uses here anyway.

import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {run} from '../../src/system/exec.js';

export type LocalRegistry = {
  /** Variables that have npm, pnpm and Bun ask here. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
};

const PACK_TIMEOUT_MS = 60_000;

/** Serves the packages in these folders. Their build has to be there. */
export async function startLocalRegistry(...packageFolders: readonly string[]): Promise<LocalRegistry> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tako-registry-'));
  const packages = new Map<string, Packed>();
  for (const packageFolder of packageFolders) {
    const packed = await pack(packageFolder, folder);
    packages.set(packed.name, packed);
  }
  const upstream = (await npm('config', 'get', 'registry')).trim();
  const server = createServer((request, response) => answer(request, response, packages, upstream));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    environment: {
      npm_config_registry: url,
      // Tarballs of the others come from where they are, and are found in the cache the next time.
      npm_config_replace_registry_host: 'never',
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
    },
    async close() {
      server.closeAllConnections();
      server.close();
      rmSync(folder, {recursive: true, force: true});
    },
  };
}

type Packed = {readonly name: string; readonly version: string; readonly manifest: object; readonly tarball: Buffer};

async function pack(packageFolder: string, folder: string): Promise<Packed> {
  const [packed] = JSON.parse(
    await npm('pack', packageFolder, '--json', '--ignore-scripts', '--pack-destination', folder),
  ) as readonly {readonly filename: string}[];
  assert.ok(packed, `npm packed nothing of ${packageFolder}`);
  const manifest = JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8'));
  const {scripts: _, devDependencies: __, ...published} = manifest;
  const tarball = readFileSync(path.join(folder, packed.filename));
  return {name: manifest.name, version: manifest.version, manifest: published, tarball};
}

async function npm(...args: readonly string[]): Promise<string> {
  const {exitCode, stdout, stderr} = await run({file: 'npm', args}, {timeoutMs: PACK_TIMEOUT_MS});
  assert.equal(exitCode, 0, `npm ${args.join(' ')}: ${stderr}`);
  return stdout;
}

function answer(
  {url = '/', headers}: IncomingMessage,
  response: ServerResponse,
  packages: ReadonlyMap<string, Packed>,
  upstream: string,
): void {
  const [name = '', , file] = decodeURIComponent(url.slice(1)).split('/');
  const packed = packages.get(name);
  response.setHeader('cache-control', 'no-store');
  if (!packed) response.writeHead(302, {location: new URL(url.slice(1), upstream).href}).end();
  else if (file === undefined) response.end(JSON.stringify(documentOf(packed, `http://${headers.host}`)));
  else response.end(packed.tarball);
}

/** What a registry tells of a package with one version. */
function documentOf({name, version, manifest, tarball}: Packed, origin: string): object {
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const dist = {tarball: `${origin}/${name}/-/${name}-${version}.tgz`, integrity};
  return {name, 'dist-tags': {latest: version}, versions: {[version]: {...manifest, dist}}};
}
