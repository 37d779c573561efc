import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {symlink} from 'node:fs/promises';
import path from 'node:path';
import {describe, it} from 'vitest';
import {renderTypescript} from '../../../src/commands/generate/render-typescript.js';
import {describeTypes} from '../../../src/commands/generate/typed-names.js';
import {configOf, temporaryFolder} from '../../config/support.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const TSC = path.join(ROOT, 'node_modules/.bin/tsc');

const TOML = `
[vars]
REGION = "eu"
VITE_TITLE = "Shop"
TZ = "UTC"
NODE_ENV = "production"
"odd name" = 1
[vars.production]
WORKERS = 4
[storages.files]
bucket = "b"
endpoint = "https://s3.example.com"
region = "eu"
[envs.development]
storages = {uploads = "local", drafts = "local"}
[envs.production]
route = "shop.example.com"
storages = {uploads = "files"}
`;
const SECRETS = {development: ['API_KEY'], production: ['API_KEY', 'LICENSE']};

const types = (areSecretsVariables: boolean, usesPackage = true): string =>
  renderTypescript(describeTypes({config: configOf(TOML), secrets: SECRETS, areSecretsVariables}), {usesPackage});

/** As strict as a project can be, with nothing left out because it is a declaration. */
const TSCONFIG = JSON.stringify({
  compilerOptions: {
    strict: true,
    noEmit: true,
    module: 'nodenext',
    target: 'es2024',
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noUncheckedSideEffectImports: true,
    types: ['node'],
  },
  include: ['src'],
});

/** What tsc says of a project with this code, as `file(line): message`. */
async function complaints(
  code: string,
  declarations: string,
  more: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const folder = await temporaryFolder({
    'package.json': '{"type": "module"}',
    'tsconfig.json': TSCONFIG,
    'src/tako.d.ts': declarations,
    'src/app.ts': code,
    'node_modules/@types/': '',
    ...more,
  });
  await symlink(ROOT, path.join(folder, 'node_modules/tako.sh'));
  await symlink(path.join(ROOT, 'node_modules/@types/node'), path.join(folder, 'node_modules/@types/node'));
  const {stdout} = spawnSync(TSC, ['-p', folder, '--pretty', 'false'], {cwd: folder, encoding: 'utf8'});
  return [...stdout.matchAll(/^(\S+)\((\d+),\d+\): error (.+)$/gm)].map(
    ([, file, line, text]) => `${file}(${line}): ${text}`,
  );
}

describe('tako.d.ts', () => {
  it('knows what is everywhere as a string and what lacks somewhere as what may be missing, and lets nothing else through', async () => {
    const right = `
import {tako, type StorageBinding} from 'tako.sh';
import type {Env} from './tako.js';
const key: string = tako.secrets.API_KEY;
const license: string | undefined = tako.secrets.LICENSE;
const environment: 'development' | 'production' = tako.env;
const same: Env = tako.env;
const uploads: StorageBinding = tako.storages.uploads;
const drafts: StorageBinding | undefined = tako.storages.drafts;
const region: string = process.env.REGION;
const workers: string | undefined = process.env.WORKERS;
const odd: string = process.env['odd name'];
const title: string = import.meta.env.VITE_TITLE;
export {key, license, environment, same, uploads, drafts, region, workers, odd, title};
`;
    const wrong = `import {tako} from 'tako.sh';
export const misspelt = tako.secrets.API_KEi;
export const license: string = tako.secrets.LICENSE;
export const drafts: object = tako.storages.drafts;
export const isStaging = tako.env === 'staging';
export const workers: string = process.env.WORKERS;
export const key: string = process.env.API_KEY;
tako.secrets.API_KEY = 'x';
`;
    const vite =
      'interface ImportMeta { readonly env: ImportMetaEnv }\ninterface ImportMetaEnv { readonly MODE: string }\n';
    const found = await complaints(right, types(false), {'src/vite.d.ts': vite, 'src/wrong.ts': wrong});
    const lines = found.map(text => /^src\/wrong\.ts\((\d+)\)/.exec(text)?.[1]);
    assert.deepEqual(lines, ['2', '3', '4', '5', '6', '7', '8'], found.join('\n'));
    assert.match(found[0] ?? '', /API_KEi/);
  });

  it('has secrets that are given so among the variables, and leaves what Node, Next and the project declare in peace', async () => {
    const code =
      'export const key: string = process.env.API_KEY;\nexport const license: string = process.env.LICENSE;\n';
    const others = `declare namespace NodeJS {
  interface ProcessEnv {
    readonly NODE_ENV: 'development' | 'production' | 'test';
    REGION: string;
    WORKERS?: string;
  }
}
`;
    const found = await complaints(code, types(true), {'src/others.d.ts': others});
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0] ?? '', /^src\/app\.ts\(2\): .*undefined/);
  });

  it('needs no package in a project that has none', async () => {
    const code =
      "import type {Env} from './tako.js';\nexport const env: Env = 'production';\nexport const region: string = process.env.REGION;\n";
    assert.deepEqual(await complaints(code, types(true, false)), []);
    assert.ok(!types(true, false).includes("'tako.sh'"));
  });

  it('is a module without a word about names when there are none', async () => {
    const nothing = describeTypes({config: configOf(''), secrets: {}, areSecretsVariables: true});
    const code = "import {tako} from 'tako.sh';\nexport const any: string | undefined = tako.secrets.ANY;\n";
    assert.deepEqual(await complaints(code, renderTypescript(nothing, {usesPackage: true})), []);
  });

  it('is read by people, too', () => {
    assert.equal(
      types(false),
      `// Written by "tako generate" from tako.toml and .tako/secrets.json. What is changed here by hand is lost.
/* eslint-disable */
// biome-ignore-all lint: written by a program
// biome-ignore-all format: written by a program
// biome-ignore-all assist: written by a program

import type { StorageBinding } from "tako.sh";

export type Env = "development" | "production";

declare module "tako.sh" {
  interface TakoTypeRegistry {
    Env: Env;
  }
  interface TakoSecrets {
    readonly API_KEY: string;
    /** Not in development. */
    readonly LICENSE?: string;
  }
  interface TakoStorages {
    /** Not in production. */
    readonly drafts?: StorageBinding;
    readonly uploads: StorageBinding;
  }
}

interface TakoVariables {
  REGION: string;
  VITE_TITLE: string;
  /** Not in development. */
  WORKERS?: string;
  "odd name": string;
}

interface TakoBrowserVariables {
  VITE_TITLE: string;
}

declare global {
  namespace NodeJS {
    interface ProcessEnv extends TakoVariables {}
  }
  interface ImportMetaEnv extends TakoBrowserVariables {}
}
`,
    );
  });
});
