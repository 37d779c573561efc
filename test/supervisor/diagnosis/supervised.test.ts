import assert from 'node:assert/strict';
import {once} from 'node:events';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {type AddressInfo, createServer} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, it} from 'vitest';
import type {LaunchSpec} from '../../../src/supervisor/launch-spec.js';
import {reservePort} from '../../../src/supervisor/reserved-port.js';
import {SHOWN_LINES, type StartError} from '../../../src/supervisor/start-error.js';
import {commandSpec, fixtureSpec} from '../apps.js';
import {createHarness, failureOf, type Harness} from '../harness.js';

let harness: Harness;
let folder = '';

beforeEach(async () => {
  harness = createHarness();
  folder = await mkdtemp(path.join(tmpdir(), 'tako-failing-'));
});

afterEach(async () => {
  await harness.supervisor.close();
  await rm(folder, {recursive: true});
});

const failed = (spec: LaunchSpec): Promise<StartError> => failureOf(harness.supervisor.start(spec));

/** One of the programs that fail, as one that knows nothing of tako. */
const failing = (name: string, ...args: readonly string[]): LaunchSpec =>
  fixtureSpec(`failing/${name}`, {ready: 'any'}, ...args);

const FAILING = path.resolve(import.meta.dirname, '../../fixtures/apps/failing');
const npmSpec = (...args: readonly string[]): LaunchSpec =>
  commandSpec(['npm', ...args], {ready: 'any', directory: FAILING});

describe('an app that does not start is explained:', () => {
  it('its command is not there, but one of almost that name is', async () => {
    const {code, hint} = await failed(commandSpec(['ndoe', 'server.js'], {ready: 'any'}));
    assert.deepEqual([code, hint], ['COMMAND_NOT_FOUND', 'did you mean node?']);
  });

  it('its command comes with packages that are not installed', async () => {
    await writeFile(path.join(folder, 'package.json'), JSON.stringify({dependencies: {'vite-like': '1'}}));
    await writeFile(path.join(folder, 'pnpm-lock.yaml'), '');
    const {code, hint} = await failed(commandSpec(['vite-like'], {ready: 'any', directory: folder}));
    assert.equal(code, 'COMMAND_NOT_FOUND');
    assert.equal(hint, `run pnpm install in ${folder}, which puts vite-like into node_modules/.bin`);
  });

  it('the script that it runs calls a program that is not there', async () => {
    const {code, message} = await failed(npmSpec('run', 'serve'));
    assert.equal(code, 'COMMAND_NOT_FOUND');
    assert.match(message, /^web exited with code 127 before it was ready: it calls no-such-program,/);
  });

  it('a package is not installed', async () => {
    await writeFile(path.join(folder, 'server.mjs'), "import 'not-installed';");
    await writeFile(path.join(folder, 'package.json'), JSON.stringify({dependencies: {'not-installed': '1'}}));
    await writeFile(path.join(folder, 'pnpm-lock.yaml'), '');
    const {code, message, hint} = await failed(commandSpec(['node', 'server.mjs'], {ready: 'any', directory: folder}));
    assert.equal(code, 'DEPENDENCIES_MISSING');
    assert.match(message, /: the package not-installed is not installed$/);
    assert.equal(hint, `run pnpm install in ${folder}`);
  });

  it('another program has its port', async () => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const {port} = server.address() as AddressInfo;
    const {code, message, hint} = await failed(failing('listens-on', String(port)));
    server.close();
    assert.equal(code, 'APP_PORT_IN_USE');
    assert.match(message, new RegExp(`: port ${port} is in use by \\S+ \\(pid ${process.pid}\\)$`));
    assert.match(hint ?? '', new RegExp(`^kill ${process.pid} `));
  });

  it('another program has the port that is pinned for it', async () => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const {port} = server.address() as AddressInfo;
    const {code, message} = await failed({...failing('listens-on', String(port)), port});
    server.close();
    assert.equal(code, 'APP_PORT_IN_USE');
    assert.match(message, new RegExp(`^port ${port}, which web is to listen on, is in use by .*pid ${process.pid}`));
  });

  it('it listens, but elsewhere', async () => {
    const [used, pinned] = [await reservePort(), await reservePort()];
    const spec = {...failing('listens-on', String(used)), port: pinned, readyTimeoutMs: 4_000};
    const {code, message, hint} = await failed(spec);
    assert.equal(code, 'APP_LISTENS_ELSEWHERE');
    assert.equal(message, `web listens on port ${used}, not on port ${pinned}, as tako.toml says`);
    assert.match(hint ?? '', new RegExp(`^set port = ${used} in tako\\.toml`));
  });

  it('what it says below the cause is longer than what is shown', async () => {
    const program = `process.on('exit', () => { for (let n = 0; n < 100; n++) console.error('below', n); });
throw new Error('Missing required environment variable DATABASE_URL');`;
    await writeFile(path.join(folder, 'server.mjs'), program);
    const {code, lastLines} = await failed(commandSpec(['node', 'server.mjs'], {ready: 'any', directory: folder}));
    assert.equal(code, 'SETTING_MISSING');
    assert.equal(lastLines.length, SHOWN_LINES);
  });

  it('its own code throws, which is in its log too', async () => {
    const {code, message, hint} = await failed(failing('throws'));
    assert.equal(code, 'APP_CRASHED');
    assert.match(message, /: TypeError: Cannot read properties of undefined .* at failing\/throws\.mjs:2:47$/);
    assert.match(hint ?? '', /^look at failing\/throws\.mjs:2:47 in /);
    assert.equal(harness.saidByTako().filter(text => text.endsWith(`: ${message}`)).length, 1);
  });

  it('its own code is refused', async () => {
    assert.match((await failed(failing('wrong-import'))).message, /SyntaxError: .* in failing\/wrong-import\.mjs:2$/);
    await writeFile(path.join(folder, 'server.mjs'), 'const a = ;\n');
    const {code, hint} = await failed(commandSpec(['node', 'server.mjs'], {ready: 'any', directory: folder}));
    assert.deepEqual([code, hint], ['APP_SYNTAX_ERROR', 'correct server.mjs:1']);
  });

  it('it is TypeScript that Node does not run', async () => {
    const spec = commandSpec([process.execPath, path.join(FAILING, 'color.ts')], {ready: 'any'});
    const {code, hint} = await failed(spec);
    assert.equal(code, 'TYPESCRIPT_UNSUPPORTED');
    assert.match(hint ?? '', /tsx/);
  });

  it('it ends, as it is no server', async () => {
    const {code, message, exit} = await failed(failing('builds'));
    assert.equal(code, 'APP_ENDED');
    assert.match(message, /builds\.mjs ended without an error/);
    assert.deepEqual(exit, {code: 0, signal: null});
  });

  it('it runs and opens no port', async () => {
    const {code, message} = await failed(fixtureSpec('never-ready', {ready: 'any', readyTimeoutMs: 700}));
    assert.deepEqual([code, message], ['APP_NOT_READY', 'web runs, but did not open a port within 0.7 s']);
  });

  it('a setting is missing', async () => {
    const {code, hint} = await failed(failing('needs-setting'));
    assert.equal(code, 'SETTING_MISSING');
    assert.match(hint ?? '', /^set DATABASE_URL under \[vars\.development\]/);
  });

  it('a file is missing', async () => {
    const {code, message} = await failed(failing('needs-file'));
    assert.equal(code, 'APP_FILE_MISSING');
    assert.match(message, /: config\/settings\.json does not exist$/);
  });

  it('its memory runs out', async () => {
    const command = [process.execPath, '--max-old-space-size=20', path.join(FAILING, 'grows.mjs')];
    assert.equal((await failed(commandSpec(command, {ready: 'any'}))).code, 'APP_OUT_OF_MEMORY');
  });

  it('it is killed', async () => {
    const {code, message} = await failed(failing('killed'));
    assert.deepEqual(
      [code, message],
      ['APP_KILLED', 'web exited with signal SIGKILL before it was ready: it was killed'],
    );
  });

  it('its program is not executable', async () => {
    await writeFile(path.join(folder, 'start'), '#!/bin/sh\n', {mode: 0o644});
    const {code, hint} = await failed(commandSpec(['./start'], {ready: 'any', directory: folder}));
    assert.deepEqual([code, hint], ['COMMAND_NOT_EXECUTABLE', 'chmod +x ./start']);
  });

  it('it needs another Node', async () => {
    const {code, message} = await failed(failing('needs-newer-node'));
    assert.equal(code, 'RUNTIME_VERSION_WRONG');
    assert.match(message, new RegExp(`: Node ${process.versions.node} has no node:not-there-yet$`));
  });

  it('its script is missing', async () => {
    const {code, message, hint} = await failed(npmSpec('run', 'dev'));
    assert.equal(code, 'SCRIPT_MISSING');
    assert.match(message, /: there is no script dev$/);
    assert.equal(hint, 'did you mean deb?');
  });
});
