import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {
  checkJsonOutput,
  documentedOutputs,
  documentedTools,
  readSchemas,
  visibleCommands,
} from '../helpers/json-output.js';

// That each command prints as its schema says is seen by every test that runs it with --json.

const outputs = documentedOutputs();
const commands = visibleCommands();

describe('docs/json.md', () => {
  it('names every command there is, and no other', () => {
    assert.deepEqual([...outputs.keys()].sort(), commands.map(([name]) => name).sort());
  });

  it.each(commands)('says of tako %s what it prints with --json, or that it has none', (name, command) => {
    const hasJson = command.options.some(({long}) => long === '--json');
    assert.equal((outputs.get(name) ?? []).length > 0, hasJson);
  });

  it('links every schema', () => {
    const files = readSchemas().map(({$id}) =>
      String($id).replace('https://tako.sh/schemas/1/', '').replace('.json', ''),
    );
    const linked = [...outputs.values(), ...documentedTools().values()].flat();
    assert.deepEqual(files.sort(), [...new Set([...linked, 'error', 'types'])].sort());
  });
});

describe('the check of what commands print', () => {
  const VERSION = {ok: true, version: '1.2.3', node: '24.0.0', schema: 1};
  const check = (document: object): void => checkJsonOutput(['version', '--json'], `${JSON.stringify(document)}\n`);

  it('takes what is described', () => {
    check(VERSION);
    check({ok: false, error: {code: 'INTERNAL', message: 'oh', hint: null, details: []}});
  });

  it.each([
    ['lacks a field', {ok: true, version: '1.2.3', schema: 1}],
    ['has one that is not described', {...VERSION, more: 1}],
    ['has one of another type', {...VERSION, version: 1}],
    [
      'is an error with something beside it',
      {ok: false, error: {code: 'A', message: '', hint: null, details: []}, version: '1'},
    ],
  ])('does not take what %s', (_, document) => {
    assert.throws(() => check(document), /tako version said what its schemas do not/);
  });

  it('looks into what is in lists', () => {
    const servers = (server: object): void =>
      checkJsonOutput(['servers', 'ls', '--json'], JSON.stringify({ok: true, servers: [server]}));
    const platform = {os: 'linux', cpu: 'x64', libc: 'glibc'};
    const server = {name: 'a', host: 'b', sshOptions: [], root: '/', platform};
    servers(server);
    assert.throws(() => servers({...server, platform: {...platform, more: 1}}));
  });
});
