import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, describe, it} from 'vitest';
import {type CommandResult, createTako} from '../helpers/tako.js';
import {CLI, cli, errorOf, start, temporaryFolder} from './support.js';

const {version} = JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../../package.json'), 'utf8'));
const tako = createTako();
afterAll(() => tako.close());

const run = (...args: string[]): Promise<CommandResult> => tako.run(args);

describe('tako', () => {
  it.each([['--version'], ['version']])('%s prints the version and nothing else', async flag => {
    assert.deepEqual(await run(flag), {code: 0, stdout: `${version}\n`, stderr: ''});
  });

  it('version --json tells the version of Node too', async () => {
    const {code, stdout} = await run('version', '--json');
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), {ok: true, version, node: process.versions.node, schema: 1});
  });

  it.each([['--help'], ['-h'], ['help']])('%s lists every command but the hidden', async flag => {
    const {code, stdout, stderr} = await run(flag);
    assert.deepEqual([code, stderr], [0, '']);
    for (const command of [
      'dev',
      'stop',
      'restart',
      'ensure',
      'status',
      'logs',
      'run',
      'init',
      'trust',
      'untrust',
      'uninstall',
      'setup',
      'doctor',
    ]) {
      assert.match(stdout, new RegExp(`^ {2}${command} `, 'm'));
    }
    assert.doesNotMatch(stdout, /^ {2}daemon /m);
  });

  it.each(['dev', 'dev stop', 'ensure', 'logs', 'trust'])('%s --help explains that command', async command => {
    const {code, stdout} = await run(...command.split(' '), '--help');
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^Usage: tako ${command} `));
  });

  it('without a command shows the help as an error', async () => {
    const {code, stdout, stderr} = await run();
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^Usage: tako/);
  });
});

describe('a command line that cannot be understood', () => {
  it.each([
    ['an unknown command', ['fly']],
    ['an unknown flag', ['status', '--fast']],
    ['an argument too many', ['restart', 'one', 'two']],
    ['a port that is a word', ['dev', '--port', 'https']],
    ['a port that is too high', ['dev', '--port', '65536']],
    ['a port below zero', ['dev', '--http-port=-1']],
    ['a fraction of a port', ['dev', '--dns-port', '5.5']],
    ['an empty port', ['dev', '--port', '']],
    ['a number of lines that is none', ['logs', '-n', 'all']],
    ['a flag without its value', ['logs', '--lines']],
    ['no command to run', ['run']],
    ['a zone that is not named', ['setup', '--zone']],
  ])('has %s, and ends with 2, a line on stderr and nothing on stdout', async (_, args) => {
    const {code, stdout, stderr} = await tako.run(args);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^error: .+\n$/);
  });

  it.each([
    ['an unknown command', ['fly', '--json'], "unknown command 'fly'"],
    ['an unknown flag', ['status', '--json', '--fast'], "unknown option '--fast'"],
    [
      'a port that is a word',
      ['dev', '--port', 'https', '--json'],
      '"https" is not a port; use a number from 0 to 65535',
    ],
    ['a zone that is not named', ['setup', '--json', '--zone'], "option '--zone <zone>' argument missing"],
  ])('has %s, and is told so in JSON where that is asked for', async (_, args, message) => {
    const result = await tako.run(args);
    assert.deepEqual([result.code, result.stderr], [2, '']);
    const problem = errorOf(result);
    assert.deepEqual([problem.code, problem.message], ['BAD_USAGE', message]);
  });

  it('names the command that was meant, also in JSON', async () => {
    assert.equal(errorOf(await run('stauts', '--json')).hint, 'Did you mean status?');
  });

  it('is none of ours where --json is a word of the command to run', async () => {
    const {code, stdout, stderr} = await run('run', 'no-such-program', '--json');
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /COMMAND_NOT_FOUND/);
  });

  it('names the command that was meant', async () => {
    assert.match((await run('stauts')).stderr, /Did you mean status\?/);
  });
});

describe('an old Node', () => {
  it.each(['20.19.0', '23.11.1'])('like %s is refused in one line', async old => {
    const file = path.join(temporaryFolder(), 'old-node.cjs');
    const versions = `{...process.versions, node: '${old}'}`;
    writeFileSync(file, `Object.defineProperty(process, 'versions', {value: ${versions}});`);
    const {code, stdout, stderr} = await start([process.execPath, '--require', file, CLI, 'dev']).ended;
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^tako needs Node\.js 24 or later; this is .+\n$/);
  });
});

describe('a reader that has enough', () => {
  it('does not make an error of it', async () => {
    const command = cli('--help').map(word => `'${word}'`);
    const {code, stderr} = await start(['bash', '-o', 'pipefail', '-c', `${command.join(' ')} | true`]).ended;
    assert.deepEqual([code, stderr], [0, '']);
  });
});
