import assert from 'node:assert/strict';
import {chmodSync, existsSync, mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, describe, it} from 'vitest';
import {openAuthority} from '../../src/ca/authority.js';
import {systemClock} from '../../src/system/clock.js';
import {createTako} from '../helpers/tako.js';
import {cli, start, talkingProject} from './support.js';

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
  /** Runs a program of ours in the background. */
  const startProgram = (program: string, detached = false) =>
    start(cli('run', 'node', '-e', program), {
      cwd: directory,
      env: {...process.env, TAKO_HOME: tako.home},
      detached,
    });
  return {directory, run, startProgram};
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
    const file = path.join(directory, 'script.sh');
    writeFileSync(file, 'echo hi\n');
    chmodSync(file, 0o644);
    const {code, stdout, stderr} = await run('./script.sh');
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /\[COMMAND_NOT_EXECUTABLE\]\n {2}chmod \+x \.\/script\.sh\n$/);
  });

  it('names the environments there are when the one asked for is not', async () => {
    const {code, stderr} = await project().run('--env', 'stagin', 'true');
    assert.equal(code, 1);
    assert.match(stderr, /no environment stagin \[NO_SUCH_ENVIRONMENT\]\n {2}it has: .*development.*staging/);
  });

  it('leaves Ctrl-C to the command, which may go on and end as it likes', async () => {
    const program = `process.on('SIGINT', () => { console.log('finishing'); process.exitCode = 9; clearInterval(timer); });
      const timer = setInterval(() => {}, 1_000); console.log('runs');`;
    const {child, until, ended} = project().startProgram(program, true);
    await until('runs');
    // As a terminal does it: to the whole process group.
    process.kill(-(child.pid ?? 0), 'SIGINT');
    const {code, stdout} = await ended;
    assert.deepEqual([code, stdout], [9, 'runs\nfinishing\n']);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('passes on %s that is sent to it alone', async (signal, expected) => {
    const {child, until, ended} = project().startProgram(`setInterval(() => {}, 1_000); console.log('runs')`);
    await until('runs');
    child.kill(signal);
    assert.equal((await ended).code, expected);
  });
});
