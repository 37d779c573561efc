import assert from 'node:assert/strict';
import {once} from 'node:events';
import {closeSync, existsSync, openSync} from 'node:fs';
import {chmod, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, it} from 'vitest';
import {openContractPipes} from '../../src/supervisor/contract-pipes.js';
import type {LaunchSpec} from '../../src/supervisor/launch-spec.js';
import {readLines} from '../../src/supervisor/output.js';
import {endGroup} from '../../src/supervisor/process-group.js';
import {appEnvironment, type SpawnedApp, spawnApp} from '../../src/supervisor/spawn.js';
import {StartError} from '../../src/supervisor/start-error.js';
import {systemClock} from '../../src/system/clock.js';
import {run} from '../../src/system/exec.js';
import {processIdentity} from '../../src/system/processes.js';
import {eventually} from '../helpers/eventually.js';
import {commandSpec, fixtureSpec} from './apps.js';

const spawned: SpawnedApp[] = [];
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tako-spawn-'));
});

afterEach(async () => {
  for (const child of spawned.splice(0)) {
    await endGroup(child.pid, 0, systemClock);
    child.close();
  }
  await rm(folder, {recursive: true});
});

async function spawnFixture(spec: LaunchSpec): Promise<SpawnedApp> {
  const child = await spawnApp(spec, 'the-marker', await openContractPipes());
  spawned.push(child);
  return child;
}

async function outputOf(spec: LaunchSpec): Promise<readonly string[]> {
  const lines: string[] = [];
  const {stdout} = await spawnFixture(spec);
  await readLines(stdout, line => lines.push(line));
  return lines;
}

describe('a spawned app', () => {
  it('finds FIFOs on descriptors 3 and 4, its bootstrap document and the environment of the contract', async () => {
    const bootstrap = {token: 't', secrets: {KEY: 'välue'}, storages: {files: {provider: 'local'}}};
    const [line = ''] = await outputOf(fixtureSpec('reads-fd3', {bootstrap}));
    assert.deepEqual(JSON.parse(line), {
      areFifos: [true, true],
      environment: {
        PORT: '0',
        HOST: '127.0.0.1',
        TAKO_INSTANCE: 'the-marker',
      },
      bootstrap,
    });
  });

  it('gets all of a large bootstrap document', async () => {
    const secrets = {LARGE: 's'.repeat(1024 * 1024)};
    const [line = ''] = await outputOf(fixtureSpec('reads-fd3', {bootstrap: {token: 't', secrets, storages: {}}}));
    assert.equal(line.includes('bytes cut'), true, 'the line itself is longer than a log line may be');
  });

  it('may ignore a bootstrap document that does not fit into the pipe', async () => {
    const secrets = {LARGE: 's'.repeat(1024 * 1024)};
    const child = await spawnFixture(fixtureSpec('exits-early', {bootstrap: {token: 't', secrets, storages: {}}}));
    assert.deepEqual(await child.exited, {code: 3, signal: null});
  });

  it('leads a group and a session of its own', async () => {
    const {pid} = await spawnFixture(fixtureSpec('never-ready'));
    const identity = await processIdentity(pid);
    assert.deepEqual([identity?.group, identity?.parent], [pid, process.pid]);
    if (process.platform === 'linux') assert.equal(identity?.session, pid);
  });

  it('shows the end of its descriptor 4 at once though another was started at the same time', async () => {
    const specs = [fixtureSpec('closes-fd4'), fixtureSpec('never-ready'), fixtureSpec('never-ready')];
    const [closing, ...others] = await Promise.all(specs.map(spawnFixture));
    assert.ok(closing);
    await once(closing.signs.pipe.resume(), 'end');
    for (const other of others) assert.equal(other.signs.pipe.readableEnded, false);
  });

  it('ends its output when it exits', async () => {
    assert.deepEqual(await outputOf(fixtureSpec('invalid-utf8')), ['a\ufffd\ufffd', '\ufffdb', 'still here']);
  });
});

describe('the environment of an app', () => {
  it('has what was given, but the contract wins', () => {
    const environment = {PATH: '/bin', PORT: '80', HOST: '0.0.0.0', MINE: 'yes'};
    const {TAKO_INSTANCE, PORT, HOST, MINE} = appEnvironment(fixtureSpec('says', {environment}), 'id', undefined);
    assert.deepEqual(
      {TAKO_INSTANCE, PORT, HOST, MINE},
      {TAKO_INSTANCE: 'id', PORT: '0', HOST: '127.0.0.1', MINE: 'yes'},
    );
  });

  it('has what it is given to read where its own processes get no descriptors, unless it is too long for that', () => {
    const given = (value: string, bootstrapIn?: 'environment') => {
      const bootstrap = {token: 'token', secrets: {KEY: value}, storages: {}};
      const spec = fixtureSpec('says', {bootstrap, ...(bootstrapIn ? {bootstrapIn} : {})});
      return appEnvironment(spec, 'id', undefined).TAKO_BOOTSTRAP_DATA;
    };
    assert.equal(given('a secret', 'environment'), '{"token":"token","secrets":{"KEY":"a secret"},"storages":{}}');
    assert.equal(given('x'.repeat(131_072), 'environment'), undefined);
    assert.equal(given('a secret'), undefined);
  });

  it('has no connection left over from an app that tako itself runs in', async () => {
    const environment = {
      TAKO_APP_NAME: 'outer',
      TAKO_INTERNAL_SOCKET: '/outer',
      TAKO_BOOTSTRAP_DATA: '{}',
      TAKO_REPORT: '/outer/report',
    };
    const [line = ''] = await outputOf(fixtureSpec('reads-fd3', {environment}));
    assert.deepEqual(JSON.parse(line).environment, {PORT: '0', HOST: '127.0.0.1', TAKO_INSTANCE: 'the-marker'});
  });
});

describe('the environment of an app that knows nothing of tako', () => {
  const environmentOf = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
    appEnvironment(fixtureSpec('says', {environment}), 'id', {port: 4000, file: '/report'});

  it('has a real PORT and where to report to', () => {
    const {PORT, HOST, TAKO_REPORT, TAKO_INSTANCE} = environmentOf({PORT: '80', TAKO_REPORT: '/outer'});
    assert.deepEqual(
      {PORT, HOST, TAKO_REPORT, TAKO_INSTANCE},
      {PORT: '4000', HOST: '127.0.0.1', TAKO_REPORT: '/report', TAKO_INSTANCE: 'id'},
    );
  });

  it('keeps the options that it had', () => {
    const {NODE_OPTIONS, BUN_OPTIONS, PYTHONPATH, DENO_SERVE_ADDRESS} = environmentOf({
      NODE_OPTIONS: '--inspect',
      BUN_OPTIONS: '--smol',
      PYTHONPATH: '/mine:/too',
      DENO_SERVE_ADDRESS: 'tcp:127.0.0.1:8000',
    });
    assert.match(String(NODE_OPTIONS), /^--inspect --require /);
    assert.match(String(BUN_OPTIONS), /^--smol .*--preload=/);
    assert.match(String(PYTHONPATH), /\/python:\/mine:\/too$/);
    assert.equal(DENO_SERVE_ADDRESS, 'tcp:127.0.0.1:8000');
  });

  it('has nothing twice when tako runs inside an app of tako', () => {
    const outer = environmentOf({});
    const {TAKO_REPORT: _report, TAKO_INSTANCE: _instance, ...inner} = environmentOf(outer);
    for (const [name, value] of Object.entries(inner)) assert.equal(value, outer[name], name);
  });
});

describe('the channel for reports', () => {
  it('goes with the app, its name included', async () => {
    const child = await spawnFixture(
      commandSpec([process.execPath, '-p', 'JSON.stringify(process.env)'], {ready: 'any'}),
    );
    const lines: string[] = [];
    await readLines(child.stdout, line => lines.push(line));
    const file = JSON.parse(lines[0] ?? '').TAKO_REPORT;
    assert.ok(existsSync(file));
    child.close();
    child.close();
    assert.ok(!existsSync(path.dirname(file)));
  });
});

describe('a fault between the spawn and its answer', () => {
  it('leaves no process that nobody knows of', async () => {
    const pipes = await openContractPipes();
    // No pipe: what is to read it fails, when the process runs already.
    const file = openSync(path.join(folder, 'file'), 'w+');
    const broken = {...pipes, readiness: {read: file, write: pipes.readiness.write}};
    await assert.rejects(spawnApp(commandSpec(['sleep', '86397']), 'the-marker', broken));
    await eventually(async () => {
      const {stdout} = await run({file: 'ps', args: ['-A', '-o', 'stat=,ppid=,args=']});
      const children = stdout.split('\n').filter(line => line.includes(` ${process.pid} `) && /sleep 86397/.test(line));
      assert.deepEqual(children, []);
    });
    for (const fd of [file, pipes.readiness.read]) closeSync(fd);
  });
});

describe('a spawn that fails', () => {
  const failure = async (spec: LaunchSpec): Promise<StartError> => {
    const error = await spawnFixture(spec).catch(reason => reason);
    assert.ok(error instanceof StartError, String(error));
    return error;
  };

  it('names a command that is in no folder of PATH', async () => {
    const error = await failure(commandSpec(['no-such-program', 'x'], {environment: {PATH: '/bin:/usr/bin:/opt'}}));
    assert.equal(error.code, 'COMMAND_NOT_FOUND');
    assert.equal(error.message, 'there is no command no-such-program in the 3 folders of PATH');
    assert.deepEqual(error.command, ['no-such-program', 'x']);
  });

  it('names a file that is not in the working folder', async () => {
    const error = await failure(commandSpec(['./start'], {directory: folder}));
    assert.equal(error.code, 'COMMAND_NOT_FOUND');
    assert.equal(error.message, `there is no ./start in ${folder}`);
  });

  it('tells a missing interpreter from a missing program', async () => {
    const file = path.join(folder, 'start');
    await writeFile(file, '#!/no/such/interpreter\n');
    await chmod(file, 0o755);
    const error = await failure(commandSpec(['./start'], {directory: folder}));
    assert.equal(error.message, `the interpreter of ${file} is not installed`);
  });

  it('says that a file is not executable', async () => {
    await writeFile(path.join(folder, 'start'), '#!/bin/sh\n', {mode: 0o644});
    const error = await failure(commandSpec(['./start'], {directory: folder}));
    assert.equal(error.code, 'COMMAND_NOT_EXECUTABLE');
    assert.equal(error.hint, 'chmod +x ./start');
  });

  it('tells a missing working folder from a missing program', async () => {
    const directory = path.join(folder, 'gone');
    assert.equal((await failure(commandSpec(['sh'], {directory}))).code, 'WORKING_FOLDER_MISSING');
    await writeFile(directory, 'a file');
    assert.equal((await failure(commandSpec(['sh'], {directory}))).code, 'WORKING_FOLDER_MISSING');
  });

  it('says what the system says of any other failure, and keeps its cause', async () => {
    const error = await failure(commandSpec(['sh', '-c', 'x'.repeat(3_000_000)]));
    assert.equal(error.code, 'SPAWN_FAILED');
    assert.equal(error.message, 'sh could not be started: E2BIG, argument list too long');
    assert.match(String(error.cause), /E2BIG/);
  });

  it('does not take a folder for a program', async () => {
    await mkdir(path.join(folder, 'start'));
    assert.equal((await failure(commandSpec(['./start'], {directory: folder}))).code, 'COMMAND_NOT_EXECUTABLE');
  });
});
