import assert from 'node:assert/strict';
import {mkdirSync, readFileSync, realpathSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, describe, it} from 'vitest';
import {createTako} from '../../helpers/tako.js';
import {documentOf, errorOf, temporaryFolder} from '../support.js';

const tako = createTako();
afterAll(() => tako.close());

/** A project with these files. */
function project(files: Readonly<Record<string, string>>): string {
  const directory = realpathSync(temporaryFolder());
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(directory, name)), {recursive: true});
    writeFileSync(path.join(directory, name), text);
  }
  return directory;
}

const generate = (cwd: string, ...args: readonly string[]) => tako.run(['generate', ...args], {cwd});
const read = (...parts: readonly string[]): string => readFileSync(path.join(...parts), 'utf8');

const PACKAGE = '{"name": "shop", "type": "module", "dependencies": {"tako.sh": "^1.0.0"}}';
const VARS = 'name = "shop"\n[vars]\nREGION = "eu"\n';

describe('tako generate', () => {
  it('writes the types where the sources are, and says so', async () => {
    const directory = project({'package.json': PACKAGE, 'tako.toml': VARS, 'src/index.ts': ''});
    const {code, stdout, stderr} = await generate(directory);
    assert.deepEqual([code, stdout, stderr], [0, '', 'src/tako.d.ts is written\n']);
    assert.match(read(directory, 'src/tako.d.ts'), /^ {2}REGION: string;$/m);
    assert.equal(statSync(path.join(directory, 'src/tako.d.ts')).mode & 0o777, 0o644);
  });

  it('leaves a file that says it already as it is, with its time, and with the line ends of Windows too', async () => {
    const directory = project({'package.json': PACKAGE, 'tako.toml': VARS});
    const file = path.join(directory, 'tako.d.ts');
    await generate(directory);
    writeFileSync(file, read(file).replaceAll('\n', '\r\n'));
    utimesSync(file, 1, 1);
    assert.deepEqual(documentOf(await generate(directory, '--json')), {ok: true, file, isWritten: false});
    assert.equal(statSync(file).mtimeMs, 1_000);
  });

  it.each([
    ['where the file is already', {'app/tako.d.ts': '', 'src/index.ts': ''}, '', 'app/tako.d.ts'],
    ['in app_root', {'server/index.ts': '', 'src/index.ts': ''}, 'app_root = "server"\n', 'server/tako.d.ts'],
    ['in app where there is no src', {'app/page.tsx': ''}, '', 'app/tako.d.ts'],
    ['beside the tako.toml of a project without such folders', {}, '', 'tako.d.ts'],
  ])('writes %s', async (_, files, toml, place) => {
    const directory = project({'package.json': PACKAGE, 'tako.toml': toml + VARS, ...files});
    const {file} = documentOf(await generate(directory, '--json'));
    assert.equal(file, path.join(directory, place));
  });

  it('is about the project of the file that -c names', async () => {
    const directory = project({
      'web/package.json': PACKAGE,
      'web/tako.toml': VARS,
      'web/other.toml': 'name = "other"\n[vars]\nCOLOUR = "red"\n',
    });
    const {file} = documentOf(await generate(directory, '-c', 'web/other.toml', '--json'));
    assert.equal(file, path.join(directory, 'web/tako.d.ts'));
    assert.match(read(String(file)), /COLOUR/);
  });

  it('has the names of secrets without a key for them, and no value', async () => {
    const secrets = {production: {key_id: '0123456789abcdef', app: {API_KEY: {value: 'Y2FuYXJ5LXZhbHVl'}}}};
    const directory = project({
      'package.json': PACKAGE,
      'tako.toml': VARS,
      '.tako/secrets.json': JSON.stringify(secrets),
    });
    await generate(directory);
    const text = read(directory, 'tako.d.ts');
    assert.match(text, /^ {4}\/\*\* Not in development\. \*\/\n {4}readonly API_KEY\?: string;$/m);
    assert.ok(!text.includes('Y2FuYXJ5'));
  });

  it('says nothing about the package to a project that does not have it', async () => {
    const directory = project({'package.json': '{"name": "shop"}', 'tako.toml': VARS});
    await generate(directory);
    assert.ok(!read(directory, 'tako.d.ts').includes('tako.sh'));
  });

  it.each([
    ['python', 'runtime = "python"\n', {}, /there are no types for python/],
    ['nothing that is known', '', {'notes.txt': ''}, /nothing says in which language/],
  ])('says that there are none for a project of %s', async (_, toml, files, message) => {
    const directory = project({'tako.toml': toml + VARS, ...files});
    const {code, message: text} = errorOf(await generate(directory, '--json'));
    assert.equal(code, 'TYPES_LANGUAGE_UNKNOWN');
    assert.match(text, message);
  });

  it('does not replace what it could not make', async () => {
    const directory = project({
      'package.json': PACKAGE,
      'tako.toml': VARS,
      '.tako/secrets.json': '{',
      'tako.d.ts': 'mine',
    });
    assert.equal(errorOf(await generate(directory, '--json')).code, 'SECRETS_INVALID');
    assert.equal(read(directory, 'tako.d.ts'), 'mine');
  });
});

describe('tako generate --check', () => {
  it('ends with 0 and without a word of doubt when the file is current', async () => {
    const directory = project({'package.json': PACKAGE, 'tako.toml': VARS});
    await generate(directory);
    const {code, stderr} = await generate(directory, '--check');
    assert.deepEqual([code, stderr], [0, 'tako.d.ts is up to date\n']);
  });

  it.each([
    ['is missing', undefined, /^there is no src\/tako\.d\.ts$/],
    ['says something else', 'export type Env = "x";\n', /^src\/tako\.d\.ts is not as tako\.toml and the secrets say$/],
  ])('ends with 1 when the file %s, and writes nothing', async (_, text, message) => {
    const files = text === undefined ? {} : {'src/tako.d.ts': text};
    const directory = project({'package.json': PACKAGE, 'tako.toml': VARS, 'src/index.ts': '', ...files});
    const result = await generate(directory, '--check', '--json');
    const {code, message: said} = errorOf(result);
    assert.deepEqual([result.code, code], [1, 'TYPES_OUTDATED']);
    assert.match(said, message);
    if (text !== undefined) assert.equal(read(directory, 'src/tako.d.ts'), text);
  });
});
