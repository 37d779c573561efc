import assert from 'node:assert/strict';
import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, describe, it, onTestFinished} from 'vitest';
import {checkJsonOutput} from '../helpers/json-output.js';
import {requires} from '../helpers/system-parts.js';
import {createTako} from '../helpers/tako.js';
import {createTmux} from '../helpers/tmux.js';
import {CLI, documentOf, errorOf, temporaryFolder} from './support.js';

const tako = createTako();
afterAll(() => tako.close());

/** A project with an environment that is deployed, in a repository. */
function createProject(): string {
  const directory = temporaryFolder();
  writeFileSync(path.join(directory, 'tako.toml'), 'name = "shop"\n[envs.production]\nroute = "shop.example.com"\n');
  return directory;
}

/** `tako secrets` with something on its standard input; `home`: of another user. */
async function secrets(cwd: string, args: readonly string[], input = '', home = tako.home) {
  const env = {...process.env, TAKO_HOME: home, NO_COLOR: '1'};
  const child = spawn(process.execPath, [CLI, 'secrets', ...args], {cwd, env, stdio: ['pipe', 'pipe', 'pipe']});
  child.stdin.on('error', () => undefined).end(input);
  const written = {stdout: '', stderr: ''};
  for (const stream of ['stdout', 'stderr'] as const) child[stream].on('data', text => (written[stream] += text));
  const [code] = (await once(child, 'close')) as [number];
  if (args.includes('--json')) checkJsonOutput(['secrets', ...args], written.stdout);
  return {code, ...written};
}

async function succeed(cwd: string, args: readonly string[], input?: string, home?: string): Promise<string> {
  const {code, stdout, stderr} = await secrets(cwd, args, input, home);
  assert.equal(code, 0, stderr);
  return stdout;
}

const exported = async (cwd: string, env = 'development'): Promise<object> =>
  JSON.parse(await succeed(cwd, ['export', '--env', env, '--format', 'json']));

describe('tako secrets set', () => {
  it('takes the value from stdin, without its last line end', async () => {
    const cwd = createProject();
    assert.match(await succeed(cwd, ['set', 'API_KEY'], 'the value\n'), /^development: API_KEY is set/);
    await succeed(cwd, ['set', 'PEM', '--env', 'production'], 'first\nsecond\n\n');
    assert.deepEqual(await exported(cwd), {API_KEY: 'the value'});
    assert.deepEqual(await exported(cwd, 'production'), {PEM: 'first\nsecond\n'});
  });

  it('tells programs what it did, and leaves the file as it is where nothing changed', async () => {
    const cwd = createProject();
    const first = await secrets(cwd, ['set', 'API_KEY', '--expires-on', '2040-01-31', '--json'], 'the value');
    assert.deepEqual(documentOf(first), {
      ok: true,
      environment: 'development',
      set: ['API_KEY'],
      removed: [],
      unchanged: [],
      skipped: [],
      servers: null,
    });
    const before = readFileSync(path.join(cwd, '.tako/secrets.json'), 'utf8');
    const again = await secrets(cwd, ['set', 'API_KEY', '--expires-on', '2040-01-31', '--json'], 'the value');
    assert.deepEqual(documentOf(again).unchanged, ['API_KEY']);
    assert.equal(readFileSync(path.join(cwd, '.tako/secrets.json'), 'utf8'), before);
  });

  it.each([
    ['SECRET_NAME_INVALID', ['set', 'api-key']],
    ['NO_SUCH_ENVIRONMENT', ['set', 'API_KEY', '--env', 'prodcution']],
    ['SECRET_VALUE_INVALID', ['set', 'API_KEY']],
    ['EXPIRY_INVALID', ['set', 'API_KEY', '--expires-on', 'someday']],
    ['NO_SUCH_SECRET', ['rm', 'API_KEY', '--yes']],
    ['CONFIRMATION_NEEDED', ['rm', 'API_KEY']],
    ['NO_TERMINAL', ['edit']],
    ['NO_SECRETS', ['sync']],
    ['FILE_NOT_READABLE', ['import', 'nowhere.env']],
    ['SECRET_KEY_INVALID', ['key', 'import']],
  ])('and others fail with %s for programs too, and change nothing: %j', async (code, args) => {
    const cwd = createProject();
    const result = await secrets(cwd, [...args, '--json']);
    assert.equal(errorOf(result).code, code);
    assert.ok(result.code === 1);
    assert.ok(!existsSync(path.join(cwd, '.tako/secrets.json')));
  });

  it('says when git would keep the file to itself', async () => {
    const cwd = createProject();
    execFileSync('git', ['init', '-q'], {cwd});
    writeFileSync(path.join(cwd, '.gitignore'), '.tako/*\n');
    const ignored = await secrets(cwd, ['set', 'API_KEY'], 'x');
    assert.match(ignored.stderr, /git ignores \.tako\/secrets\.json/);
    writeFileSync(path.join(cwd, '.gitignore'), '.tako/*\n!.tako/secrets.json\n');
    assert.equal((await secrets(cwd, ['set', 'API_KEY'], 'y')).stderr, '');
  });
});

describe('tako secrets rm and list', () => {
  it('remove and show names, without a value', async () => {
    const cwd = createProject();
    await succeed(cwd, ['set', 'A', '--env', 'production', '--expires-on', '2040-01-31'], 'first value');
    await succeed(cwd, ['set', 'B', '--env', 'production', '--expires-on', '2020-01-31'], 'second value');
    await succeed(cwd, ['set', 'A'], 'third value');
    const {stdout} = await secrets(cwd, ['list']);
    assert.match(stdout, /^NAME +development +production\nA +set +set until 2040-01-31\nB +- +expired 2020-01-31\n$/);
    const listed = documentOf(await secrets(cwd, ['list', '--json', '--env', 'production'])) as {
      environments: {hasKey: boolean; secrets: object[]}[];
    };
    assert.deepEqual(listed.environments[0]?.secrets, [
      {name: 'A', expiresOn: '2040-01-31', state: 'set'},
      {name: 'B', expiresOn: '2020-01-31', state: 'expired'},
    ]);
    await succeed(cwd, ['rm', 'A', 'B', '--env', 'production', '--yes']);
    assert.deepEqual(await exported(cwd, 'production'), {});
    assert.deepEqual(await exported(cwd), {A: 'third value'});
  });
});

describe('tako secrets import and export', () => {
  it('take a .env file and give one', async () => {
    const cwd = createProject();
    const text = 'A=1\nB="two\\nlines" # comment\nPORT=3000\nEMPTY=\n';
    writeFileSync(path.join(cwd, '.env'), text);
    const imported = documentOf(await secrets(cwd, ['import', '.env', '--json']));
    assert.deepEqual([imported.set, imported.skipped], [['A', 'B'], ['PORT']]);
    assert.equal(await succeed(cwd, ['export']), "A=1\nB='two\nlines'\n");
    const piped = documentOf(
      await secrets(cwd, ['import', '-', '--env', 'production', '--json'], await succeed(cwd, ['export'])),
    );
    assert.deepEqual(piped.set, ['A', 'B']);
    assert.deepEqual(await exported(cwd, 'production'), {A: '1', B: 'two\nlines'});
  });

  it('change what is there only where somebody says so', async () => {
    const cwd = createProject();
    await succeed(cwd, ['set', 'A'], 'mine');
    assert.equal(errorOf(await secrets(cwd, ['import', '-', '--json'], 'A=other\nB=2\n')).code, 'CONFIRMATION_NEEDED');
    assert.deepEqual(await exported(cwd), {A: 'mine'});
    await succeed(cwd, ['import', '-', '--yes'], 'A=other\nB=2\n');
    assert.deepEqual(await exported(cwd), {A: 'other', B: '2'});
  });

  it('take all of a file or nothing', async () => {
    const cwd = createProject();
    assert.equal(errorOf(await secrets(cwd, ['import', '-', '--json'], 'A=1\nb=2\n')).code, 'SECRET_NAME_INVALID');
    assert.equal(errorOf(await secrets(cwd, ['import', '-', '--json'], 'A=1\nB="2\n')).code, 'DOTENV_INVALID');
    assert.equal(errorOf(await secrets(cwd, ['import', '-', '--json'], 'A=1\nB=\0\n')).code, 'SECRET_VALUE_INVALID');
    assert.ok(!existsSync(path.join(cwd, '.tako/secrets.json')));
  });
});

describe('tako secrets key', () => {
  it('gives a key to a colleague', async () => {
    const [cwd, home] = [createProject(), temporaryFolder()];
    await succeed(cwd, ['set', 'A', '--env', 'production'], 'the value');
    const refused = await secrets(cwd, ['export', '--env', 'production'], '', home);
    assert.match(refused.stderr, /SECRET_KEY_MISSING/);
    const key = await succeed(cwd, ['key', 'export', '--env', 'production']);
    const wrong = await secrets(cwd, ['key', 'import', '--json'], key, home);
    assert.match(errorOf(wrong).message, /it is the key of production/);
    await succeed(cwd, ['key', 'import', '--env', 'production'], key, home);
    assert.equal(await succeed(cwd, ['export', '--env', 'production'], '', home), "A='the value'\n");
  });

  it('takes the key of one environment for no other', async () => {
    const [cwd, home] = [createProject(), temporaryFolder()];
    await succeed(cwd, ['set', 'A', '--env', 'production'], 'x');
    await succeed(cwd, ['set', 'A'], 'y');
    const key = await succeed(cwd, ['key', 'export']);
    const result = await secrets(cwd, ['key', 'import', '--env', 'production', '--json'], key, home);
    assert.equal(errorOf(result).code, 'SECRET_KEY_WRONG');
    assert.ok(!existsSync(path.join(home, 'keys')));
  });

  it('is made of a passphrase by everybody who knows it, and of no other', async () => {
    const [cwd, home] = [createProject(), temporaryFolder()];
    await succeed(cwd, ['key', 'import', '--env', 'production', '--passphrase'], 'correct horse\n');
    await succeed(cwd, ['set', 'A', '--env', 'production'], 'the value');
    const args = ['key', 'import', '--env', 'production', '--passphrase', '--json'];
    assert.equal(errorOf(await secrets(cwd, args, 'wrong horse', home)).code, 'SECRET_KEY_WRONG');
    documentOf(await secrets(cwd, args, 'correct horse', home));
    assert.equal(await succeed(cwd, ['export', '--env', 'production'], '', home), "A='the value'\n");
  });

  it('is rotated: what was encrypted is so with a new one', async () => {
    const cwd = createProject();
    await succeed(cwd, ['set', 'A', '--env', 'production'], 'the value');
    const before = await succeed(cwd, ['key', 'export', '--env', 'production']);
    const keys = path.join(tako.home, 'keys');
    const count = readdirSync(keys).length;
    documentOf(await secrets(cwd, ['key', 'rotate', '--env', 'production', '--forget', '--yes', '--json']));
    assert.notEqual(await succeed(cwd, ['key', 'export', '--env', 'production']), before);
    assert.equal(readdirSync(keys).length, count);
    assert.deepEqual(await exported(cwd, 'production'), {A: 'the value'});
  });
});

describe('a project below', () => {
  it('has its secrets where its tako.toml is', async () => {
    const cwd = createProject();
    mkdirSync(path.join(cwd, 'src'));
    await succeed(path.join(cwd, 'src'), ['set', 'A'], 'x');
    assert.ok(existsSync(path.join(cwd, '.tako/secrets.json')));
  });
});

describe.skipIf(requires('tmux'))('on a terminal', () => {
  /** Runs it with what is typed, and gives the screen when it has ended. */
  async function type(cwd: string, command: string, keys: readonly string[], env: Record<string, string> = {}) {
    const tmux = createTmux({
      ...{columns: 120, rows: 20, cwd, env: {...env, TAKO_HOME: tako.home}},
      command: [process.execPath, CLI, 'secrets', ...command.split(' ')],
    });
    try {
      for (const key of keys) {
        const [shown = '', text = ''] = key.split(' -> ');
        await tmux.shows(shown);
        tmux.typeText(text);
        tmux.type('Enter');
      }
      await tmux.shows('[left with');
      return tmux.screen();
    } finally {
      tmux.close();
    }
  }

  it('a value is asked for, and is not seen', async () => {
    const cwd = createProject();
    const screen = await type(cwd, 'set API_KEY', ['value of development/API_KEY: -> typed value']);
    assert.match(screen, /API_KEY is set[\s\S]*left with 0/);
    assert.ok(!screen.includes('typed value'));
    assert.deepEqual(await exported(cwd), {API_KEY: 'typed value'});
  });

  it('all of an environment is changed in an editor, and a mistake is shown in it', async () => {
    const cwd = createProject();
    await succeed(cwd, ['import', '-'], 'CHANGED=1\nREMOVED=2\n');
    const editor = path.join(cwd, 'editor.sh');
    // First it makes a mistake; then it finds that above its text, and makes it good.
    writeFileSync(
      editor,
      `ls -l "$1" | cut -c1-10 >> ${cwd}/modes
if grep -q '^# !' "$1"; then sed -i '/oops/d; /REMOVED/d; s/CHANGED=1/CHANGED=3/' "$1"; else echo oops >> "$1"; fi
`,
    );
    const screen = await type(cwd, 'edit', [], {EDITOR: `sh ${editor}`});
    assert.match(screen, /left with 0/);
    assert.deepEqual(await exported(cwd), {CHANGED: '3'});
    assert.equal(readFileSync(path.join(cwd, 'modes'), 'utf8'), '-rw-------\n-rw-------\n');
  });

  it('an editor that changes nothing changes nothing', async () => {
    const cwd = createProject();
    await succeed(cwd, ['set', 'A'], '1');
    assert.match(await type(cwd, 'edit', [], {EDITOR: 'true'}), /CANCELLED[\s\S]*left with 130/);
    assert.match(await type(cwd, 'edit', [], {EDITOR: 'false'}), /EDITOR_FAILED[\s\S]*left with 1/);
    assert.deepEqual(await exported(cwd), {A: '1'});
  });
});

describe.skipIf(process.platform !== 'linux')('keys in a keychain', () => {
  it('are not in files, and work as those that are', async () => {
    const [cwd, home, bin] = [createProject(), temporaryFolder(), temporaryFolder()];
    writeFileSync(path.join(home, 'settings.toml'), 'secret_keys = "keychain"\n');
    const program = `#!/bin/sh
case "$1" in store) cat > "${bin}/key-$6";; lookup) cat "${bin}/key-$5";; esac
`;
    for (const name of ['secret-tool', 'security']) writeFileSync(path.join(bin, name), program, {mode: 0o755});
    const before = process.env.PATH;
    process.env.PATH = `${bin}:${before}`;
    onTestFinished(() => {
      process.env.PATH = before;
    });
    await succeed(cwd, ['set', 'A'], 'the value', home);
    assert.equal(await succeed(cwd, ['export'], '', home), "A='the value'\n");
    assert.ok(!existsSync(path.join(home, 'keys')));
    assert.equal(readdirSync(bin).filter(name => name.startsWith('key-')).length, 1);
  });
});
