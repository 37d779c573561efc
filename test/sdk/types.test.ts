import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {rmSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {createAppFolder} from './runtimes.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

const TSCONFIG = JSON.stringify({
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: ['node'],
    allowImportingTsExtensions: true,
  },
  include: ['*.ts'],
});

/** As `tako generate` writes it. */
const GENERATED = `import type {StorageBinding} from 'tako.sh';
declare module 'tako.sh' {
  interface TakoTypeRegistry {
    readonly Env: 'development' | 'production';
  }
  interface TakoSecrets {
    readonly DATABASE_URL: string;
    readonly ONLY_IN_PRODUCTION?: string;
  }
  interface TakoStorages {
    readonly uploads: StorageBinding;
  }
}
`;

const TYPED = `import {tako, type App, type AppSocket} from 'tako.sh';
const url: string = tako.secrets.DATABASE_URL;
const maybe: string | undefined = tako.secrets.ONLY_IN_PRODUCTION;
// @ts-expect-error it may be missing
const surely: string = tako.secrets.ONLY_IN_PRODUCTION;
// @ts-expect-error there is no such secret
tako.secrets.OTHER;
// @ts-expect-error secrets are not written
tako.secrets.DATABASE_URL = '';
const env: 'development' | 'production' = tako.env;
const bucket = tako.storages.uploads.bucket;
console.log(url, maybe, surely, env, bucket, tako.port?.toFixed());

export default {
  async fetch(request, server) {
    if (server.upgrade(request, {data: {id: 1}})) return;
    return Response.json({path: new URL(request.url).pathname});
  },
  ready: async () => {},
  websocket: {
    message(socket: AppSocket<{id: number}>, message) {
      socket.send(typeof message === 'string' ? message + socket.data.id : message);
    },
  },
} satisfies App<{id: number}>;
`;

const UNTYPED = `import {createServer} from 'node:http';
import {serve, tako, TakoError} from 'tako.sh';
import {handleStatusRequest, installRuntime, reportReady} from 'tako.sh/internal';
const any: string | undefined = tako.secrets.ANYTHING;
const word: string = tako.env;
const served = await serve({fetch: () => new Response(any)}, {port: 3000, close: () => {}});
await serve(createServer());
await serve((request: Request) => new Response(request.url));
await serve((_request, response) => void response.end(word));
tako.logger.child('db', {pool: 1}).warn('full', {size: served.port});
installRuntime();
reportReady(served.port);
console.log(handleStatusRequest, new TakoError('CODE', 'text', {hint: 'h'}).hint);
`;

describe('the types of the package', () => {
  let folder: string;

  beforeAll(() => {
    folder = createAppFolder();
    symlinkSync(path.join(ROOT, 'node_modules/@types'), path.join(folder, 'node_modules/@types'));
    symlinkSync(path.join(ROOT, 'node_modules/undici-types'), path.join(folder, 'node_modules/undici-types'));
    writeFileSync(path.join(folder, 'tsconfig.json'), TSCONFIG);
  });
  afterAll(() => rmSync(folder, {recursive: true, force: true}));

  function check(files: Readonly<Record<string, string>>): string {
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
    const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
    const {stdout} = spawnSync(process.execPath, [tsc, '-p', folder], {encoding: 'utf8'});
    for (const name of Object.keys(files)) rmSync(path.join(folder, name));
    return stdout;
  }

  it('let any name be a secret before they are generated', () => {
    assert.equal(check({'app.ts': UNTYPED}), '');
  });

  it('know the secrets, storages and environments of a project that has generated them', () => {
    assert.equal(check({'tako.d.ts': GENERATED, 'app.ts': TYPED}), '');
  });
});
