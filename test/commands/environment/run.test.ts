import assert from 'node:assert/strict';
import {once} from 'node:events';
import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, describe, it} from 'vitest';
import {openAuthority} from '../../../src/ca/authority.js';
import {setSecrets} from '../../../src/secrets/change-secrets.js';
import {openKeyFiles} from '../../../src/secrets/keys/key-files.js';
import {systemClock} from '../../../src/system/clock.js';
import {requires} from '../../helpers/system-parts.js';
import {createTako} from '../../helpers/tako.js';
import {CLI, cli, start, talkingProject} from '../support.js';

const tako = createTako();
afterAll(() => tako.close());

const VARS = `
[vars]
LEVEL = "info"
[vars.staging]
LEVEL = "warn"
[envs.staging]
route = "shop.example.com"
`;

function project() {
  const {directory, write} = talkingProject('shop');
  write('tako.toml', `name = "shop"\n${VARS}`);
  const run = (...args: string[]) => tako.run(['run', ...args], {cwd: directory});
  /** Runs it in the background, in a session of its own, so without a terminal. */
  const startCommand = (...command: string[]) =>
    start(cli('run', ...command), {cwd: directory, env: {...process.env, TAKO_HOME: tako.home}, detached: true});
  return {directory, run, startCommand};
}

const PRINT = 'const {LEVEL, ENV, NODE_ENV, TAKO_HOME, TAKO_BUILD} = process.env';

describe('tako run', () => {
  it('gives the command the environment of the app, and its output through', async () => {
    const {directory, run} = project();
    const program = `${PRINT}; console.log(JSON.stringify([LEVEL, ENV, NODE_ENV, TAKO_HOME, TAKO_BUILD, process.cwd()]))`;
    const {code, stdout, stderr} = await run('node', '-e', program);
    assert.deepEqual([code, stderr], [0, '']);
    assert.deepEqual(JSON.parse(stdout), ['info', 'development', 'development', null, 'local', directory]);
  });

  it('takes the environment that is asked for', async () => {
    const {stdout} = await project().run('--env', 'staging', 'sh', '-c', 'echo $LEVEL $ENV $NODE_ENV');
    assert.equal(stdout, 'warn staging production\n');
  });

  it('has it trust the local authority, in development only, and beside what the user has set', async () => {
    const {directory} = project();
    const run = (env: NodeJS.ProcessEnv, ...args: string[]) => tako.run(['run', ...args], {cwd: directory, env});
    const folder = path.join(tako.home, 'ca');
    await openAuthority({folder, clock: systemClock});
    const print = ['sh', '-c', 'echo "$NODE_EXTRA_CA_CERTS $SSL_CERT_FILE $DENO_CERT"'];
    const env = {NODE_EXTRA_CA_CERTS: undefined, SSL_CERT_FILE: '/mine.pem', DENO_CERT: undefined};
    const root = path.join(folder, 'ca.crt');
    assert.equal((await run(env, ...print)).stdout, `${root} /mine.pem ${root}\n`);
    assert.equal((await run(env, '--env', 'staging', ...print)).stdout, ' /mine.pem \n');
    assert.ok(existsSync(path.join(tako.home, 'ca-bundle.pem')));
  });

  it('passes on every word as it is, flags and --json too', async () => {
    const words = ['--json', '--env', 'x y', '', '$HOME', '*'];
    const {stdout} = await project().run('node', '-p', 'JSON.stringify(process.argv.slice(1))', '--', ...words);
    assert.deepEqual(JSON.parse(stdout), words);
  });

  it('finds the programs of the project', async () => {
    const {directory, run} = project();
    const folder = path.join(directory, 'node_modules/.bin');
    mkdirSync(folder, {recursive: true});
    writeFileSync(path.join(folder, 'hello'), '#!/bin/sh\necho from the project\n', {mode: 0o755});
    assert.equal((await run('hello')).stdout, 'from the project\n');
  });

  it('ends with the code of the command', async () => {
    assert.equal((await project().run('sh', '-c', 'exit 7')).code, 7);
  });

  it('ends with 128 + n when signal n ended the command', async () => {
    assert.equal((await project().run('sh', '-c', 'kill -KILL $$')).code, 137);
  });

  it('says that there is no such program, also in plain text after --json', async () => {
    const {code, stdout, stderr} = await project().run('no-such-program', '--json');
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^error: there is no program no-such-program \[COMMAND_NOT_FOUND\]\n/);
  });

  it('says that a file is not executable', async () => {
    const {directory, run} = project();
    const file = path.join(directory, 'seed');
    writeFileSync(file, 'echo hi\n');
    chmodSync(file, 0o644);
    const {code, stdout, stderr} = await run('./seed');
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /\[COMMAND_NOT_EXECUTABLE\]\n {2}chmod \+x \.\/seed\n$/);
  });

  it('names the environments there are when the one asked for is not', async () => {
    const {code, stderr} = await project().run('--env', 'stagin', 'true');
    assert.equal(code, 1);
    assert.match(stderr, /no environment stagin \[NO_SUCH_ENVIRONMENT\]\n {2}it has: .*development.*staging/);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGUSR1', 138],
    ['SIGUSR2', 140],
    ['SIGQUIT', 131],
  ] as const)('passes on %s that is sent to it alone', async (signal, expected) => {
    const {child, until, ended} = project().startCommand('sh', '-c', 'ulimit -c 0; echo runs; exec sleep 600');
    await until('runs');
    child.kill(signal);
    assert.equal((await ended).code, expected);
  });

  it('passes on SIGINT that no terminal sent, once, and ends as the command likes', async () => {
    const program = `process.on('SIGINT', () => { console.log('finishing'); process.exitCode = 9; clearInterval(timer); });
      const timer = setInterval(() => {}, 1_000); console.log('runs');`;
    const {child, until, ended} = project().startCommand('node', '-e', program);
    await until('runs');
    child.kill('SIGINT');
    const {code, stdout} = await ended;
    assert.deepEqual([code, stdout], [9, 'runs\nfinishing\n']);
  });

  it('ends by SIGINT where the command did, so that a shell ends its loop', async () => {
    const {child, until} = project().startCommand('node', '-e', `setInterval(() => {}, 1_000); console.log('runs')`);
    await until('runs');
    const ended = once(child, 'close');
    child.kill('SIGINT');
    assert.deepEqual(await ended, [null, 'SIGINT']);
  });

  it('says that nothing is to be run', async () => {
    const {code, stderr} = await project().run();
    assert.deepEqual([code, stderr], [2, 'error: nothing to run: write a command, or --eval with code\n']);
  });
});

/** A variable or file that is longer than Linux takes in one (MAX_ARG_STRLEN, execve(2)). */
const TOO_LONG = 'x'.repeat(96 * 1024);

describe('the secrets of tako run', () => {
  const SHOW = 'console.log(process.env.API_KEY, process.env.LEVEL, process.env.TAKO_BOOTSTRAP_DATA)';

  async function secretProject(toml = '') {
    const {directory, run} = project();
    writeFileSync(path.join(directory, 'tako.toml'), `${toml}\nname = "shop"\n${VARS}`);
    const place = {projectDirectory: directory, keys: openKeyFiles(tako.home), dataFolder: tako.home};
    const set = (environment: string, name: string, value: string) =>
      setSecrets(place, environment, [{name, value, expiresOn: null}]);
    await set('development', 'API_KEY', 'two\nlines');
    await set('development', 'LEVEL', 'secret level');
    await set('staging', 'API_KEY', 'staged');
    return {directory, run, set};
  }

  const bootstrap = (secrets: object): string => JSON.stringify({token: '', secrets, storages: {}});

  it('are variables and in TAKO_BOOTSTRAP_DATA for a project that says nothing, over those of tako.toml', async () => {
    const {run} = await secretProject();
    const {stdout} = await run('node', '-e', SHOW);
    const both = bootstrap({API_KEY: 'two\nlines', LEVEL: 'secret level'});
    assert.equal(stdout, `two\nlines secret level ${both}\n`);
  });

  it('are those of the environment that is asked for', async () => {
    const {run} = await secretProject();
    const {stdout} = await run('--env', 'staging', 'node', '-e', SHOW);
    assert.equal(stdout, `staged warn ${bootstrap({API_KEY: 'staged'})}\n`);
  });

  it('are where tako.toml has them', async () => {
    const onDescriptor = await secretProject('secrets = "bootstrap"');
    const values = {API_KEY: 'two\nlines', LEVEL: 'secret level'};
    assert.equal((await onDescriptor.run('node', '-e', SHOW)).stdout, `undefined info ${bootstrap(values)}\n`);
    const inEnvironment = await secretProject('secrets = "environment"');
    const {stdout} = await inEnvironment.run('node', '-e', SHOW);
    assert.equal(stdout, `two\nlines secret level ${bootstrap({})}\n`);
  });

  it('are all there, or the command does not run', async () => {
    const {directory, run} = await secretProject();
    const file = path.join(directory, '.tako/secrets.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/(development\/API_KEY"[^}]*?[0-9a-f]{16}:)..../, '$1AAAA'));
    const {code, stdout, stderr} = await run('sh', '-c', 'echo it ran');
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /development\/API_KEY cannot be decrypted \[SECRET_DAMAGED\]/);
  });

  it('say so when there is more of them than a variable can hold', async () => {
    const {run, set} = await secretProject();
    await set('development', 'FIRST', TOO_LONG);
    await set('development', 'SECOND', TOO_LONG);
    const {code, stderr} = await run('true');
    assert.equal(code, 1);
    assert.match(stderr, /\[ENVIRONMENT_TOO_LARGE\]/);
    assert.ok(!stderr.includes('xxx'));
  });
});

describe('a script under tako run', () => {
  const PRINT_ARGUMENTS = 'console.log(JSON.stringify([process.env.LEVEL, process.cwd(), process.argv.slice(2)]));';

  function scripted(files: Readonly<Record<string, string>>) {
    const found = project();
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(found.directory, name)), {recursive: true});
      writeFileSync(path.join(found.directory, name), text);
    }
    return found;
  }

  it.each([
    ['seed.mjs', `import 'node:fs'; ${PRINT_ARGUMENTS}`],
    ['scripts/seed.ts', `const level: string = 'typed'; if (!level) throw level; ${PRINT_ARGUMENTS}`],
  ])('is run by the runtime of the project: %s', async (file, text) => {
    const {directory, run} = scripted({[file]: text});
    const {stdout, stderr} = await run(file, '--flag', 'a b');
    assert.deepEqual(JSON.parse(stdout || stderr), ['info', directory, ['--flag', 'a b']]);
  });

  it('is found where the user is, too, and runs in the project', async () => {
    const {directory} = scripted({'scripts/seed.mjs': PRINT_ARGUMENTS});
    const {stdout} = await tako.run(['run', 'seed.mjs'], {cwd: path.join(directory, 'scripts')});
    assert.deepEqual(JSON.parse(stdout), ['info', directory, []]);
  });

  it('is run by its own first line where it is executable', async () => {
    const {directory, run} = scripted({'seed.mjs': '#!/bin/sh\necho by its own: $LEVEL $1\n'});
    chmodSync(path.join(directory, 'seed.mjs'), 0o755);
    assert.equal((await run('seed.mjs', 'x')).stdout, 'by its own: info x\n');
  });

  it('is a program like any other behind two dashes', async () => {
    const {run} = scripted({'seed.mjs': PRINT_ARGUMENTS});
    const {code, stderr} = await run('--', './seed.mjs');
    assert.equal(code, 1);
    assert.match(stderr, /\[COMMAND_NOT_EXECUTABLE\]/);
    assert.equal((await run('--', 'sh', '-c', 'echo $LEVEL')).stdout, 'info\n');
  });

  it('says what to do where the runtime cannot run it', async () => {
    const {run} = scripted({'page.tsx': ''});
    const {code, stderr} = await run('page.tsx');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /node does not run \.tsx files \[SCRIPT_NOT_RUNNABLE\]\n {2}install tsx, or .*"tako run -- npx tsx page\.tsx"/,
    );
  });
});

describe('tako run --eval', () => {
  it('runs code as if it stood in the folder of the project, with arguments', async () => {
    const {directory, run} = project();
    writeFileSync(path.join(directory, 'package.json'), '{"type": "module"}');
    writeFileSync(path.join(directory, 'price.mjs'), 'export const price = 3;');
    const code = `import {price} from './price.mjs'; const sum: number = await Promise.resolve(price);
      console.log(sum, process.env.LEVEL, process.argv.slice(1).join('|'))`;
    assert.equal((await run('--eval', code, 'a', '-b')).stdout, '3 info a|-b\n');
    assert.deepEqual(readdirSync(directory).sort(), ['.tako', 'package.json', 'price.mjs', 'tako.toml']);
  });

  it('ends with its code', async () => {
    assert.equal((await project().run('--eval', 'process.exit(5)')).code, 5);
  });

  it.skipIf(requires('bun'))('is run by Bun in a project of Bun', async () => {
    const {directory, run} = project();
    writeFileSync(path.join(directory, 'tako.toml'), 'name = "shop"\nruntime = "bun"\n[vars]\nLEVEL = "info"\n');
    const {stdout} = await run('--eval', 'const n: number = 2; console.log(typeof Bun, n, process.env.LEVEL)');
    assert.equal(stdout, 'object 2 info\n');
  });

  it.skipIf(requires('deno'))('is run by Deno in a project of Deno', async () => {
    const {directory, run} = project();
    writeFileSync(path.join(directory, 'tako.toml'), 'name = "shop"\nruntime = "deno"\n[vars]\nLEVEL = "info"\n');
    const {stdout} = await run('--eval', 'const n: number = 2; console.log(n, Deno.env.get("LEVEL"), Deno.args)', 'a');
    assert.equal(stdout, '2 info [ "a" ]\n');
  });

  it('says that Go has no such thing', async () => {
    const {directory, run} = project();
    writeFileSync(path.join(directory, 'tako.toml'), 'runtime = "go"\n');
    const {code, stderr} = await run('--eval', 'x');
    assert.equal(code, 1);
    assert.match(stderr, /go runs files only \[SCRIPT_NOT_RUNNABLE\]/);
  });
});

describe.skipIf(requires('script'))('tako run in a terminal', () => {
  it('leaves Ctrl-C to the command, which gets it once, may go on, and end as it likes', async () => {
    const {directory, write} = talkingProject('shop');
    write(
      'wait.mjs',
      `let count = 0;
      process.on('SIGINT', () => console.log('interrupted ' + ++count));
      process.stdin.on('data', () => process.exit(9));
      console.log('runs on a', process.stdin.isTTY && process.stdout.isTTY ? 'terminal' : 'pipe');`,
    );
    const command = `exec ${process.execPath} ${CLI} run wait.mjs`;
    const env = {...process.env, TAKO_HOME: tako.home};
    const {child, until, ended} = start(['script', '-qec', command, '/dev/null'], {cwd: directory, env});
    await until('runs on a terminal');
    for (const count of [1, 2]) {
      // What the key sends; the terminal makes a signal of it.
      child.stdin?.write('\x03');
      await until(`interrupted ${count}`);
    }
    child.stdin?.write('\n');
    const {code, stdout} = await ended;
    assert.equal(code, 9);
    assert.ok(!stdout.includes('interrupted 3'));
  });
});
