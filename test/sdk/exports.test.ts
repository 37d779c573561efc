import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {build} from 'esbuild';
import {describe, it} from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

/** Everything a program gets from an import, as one file. */
async function bundle(source: string, platform: 'browser' | 'node') {
  const {outputFiles, metafile} = await build({
    stdin: {contents: source, resolveDir: ROOT},
    bundle: true,
    platform,
    format: 'esm',
    minify: true,
    write: false,
    metafile: true,
    logLevel: 'silent',
    ...(platform === 'node' ? {external: ['node:*']} : {}),
  });
  return {text: outputFiles[0]?.text ?? '', inputs: Object.keys(metafile.inputs)};
}

describe('the package', () => {
  it('is small in a browser, and has nothing of Node in it', async () => {
    const {text} = await bundle(`import {tako, TakoError} from 'tako.sh'; console.log(tako, TakoError);`, 'browser');
    assert.equal(text.includes('node:'), false);
    assert.ok(text.length < 3_000, `${text.length} bytes`);
  });

  it('brings nothing of the command into an app', async () => {
    for (const name of ['tako.sh', 'tako.sh/server', 'tako.sh/internal']) {
      const {inputs} = await bundle(`import * as all from '${name}'; console.log(all);`, 'node');
      assert.deepEqual(
        inputs.filter(file => file !== '<stdin>' && !file.startsWith('dist/sdk/')),
        [],
      );
    }
  });

  it('has every export in docs/sdk.md', async () => {
    const docs = read('docs/sdk.md');
    for (const name of ['tako.sh', 'tako.sh/internal']) {
      const exported = Object.keys((await import(name)) as object);
      assert.ok(exported.length > 5);
      const missing = exported.filter(word => !docs.includes(`\`${word}`) && !docs.includes(`${word}(`));
      assert.deepEqual(missing, [], `of ${name}`);
    }
  });

  it('has every type in docs/sdk.md', () => {
    const types = [...read('src/sdk/public.ts').matchAll(/(?:interface|type) (\w+)/g)].map(([, name = '']) => name);
    const listed = [...read('src/sdk/public.ts').matchAll(/export type \{([^}]*)\}/g)].flatMap(([, names = '']) =>
      names.split(',').map(name => name.trim()),
    );
    const docs = read('docs/sdk.md');
    assert.deepEqual(
      [...types, ...listed].filter(name => name !== '' && !docs.includes(name)),
      [],
    );
  });
});
