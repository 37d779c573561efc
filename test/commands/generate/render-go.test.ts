import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {describe, it} from 'vitest';
import {renderGo} from '../../../src/commands/generate/render-go.js';
import {GO_FILE} from '../../../src/commands/generate/types-file.js';
import {temporaryFolder} from '../../config/support.js';
import {requires} from '../../helpers/system-parts.js';

const SECRETS = [
  {name: 'API_KEY', missingIn: []},
  {name: 'A_1', missingIn: []},
  {name: 'A1', missingIn: []},
  {name: 'LICENSE', missingIn: ['development', 'staging']},
];

const render = (areSecretsVariables: boolean): string =>
  renderGo({packageName: 'main', secrets: SECRETS, areSecretsVariables});

const PROGRAM = `package main

import "fmt"

func main() {
	license, isThere := Secrets.License()
	fmt.Printf("%s %s %s %s %v", Secrets.ApiKey(), Secrets.A_1(), Secrets.A1(), license, isThere)
}
`;

/** A Go program with the generated file, compiled. Its path. */
async function compile(areSecretsVariables: boolean): Promise<string> {
  const folder = await temporaryFolder({
    'go.mod': 'module example.com/shop\n\ngo 1.18\n',
    'main.go': PROGRAM,
    [GO_FILE]: render(areSecretsVariables),
  });
  const {status, stderr} = spawnSync('go', ['build', '-o', 'program', '.'], {cwd: folder, encoding: 'utf8'});
  assert.equal(status, 0, stderr);
  return path.join(folder, 'program');
}

function print(command: readonly [string, ...string[]], env: NodeJS.ProcessEnv): string {
  const [file, ...args] = command;
  return spawnSync(file, args, {env: {PATH: process.env.PATH, ...env}, encoding: 'utf8'}).stdout;
}

describe('tako_secrets.go', () => {
  it('is marked as generated in the words that the tools of Go know', () => {
    assert.match(render(true), /^\/\/ Code generated .* DO NOT EDIT\.$/m);
  });

  it('has a method for each secret, and keeps names apart that would be the same', () => {
    const methods = [...render(true).matchAll(/^func \(takoSecrets\) (\w+)\(\) (.+) \{$/gm)].map(([, ...rest]) => rest);
    assert.deepEqual(methods, [
      ['ApiKey', 'string'],
      ['A_1', 'string'],
      ['A1', 'string'],
      ['License', '(string, bool)'],
    ]);
  });

  it('gives no two secrets the same method, whatever they are called', () => {
    const names = ['AB', 'A_B', 'AB_', 'A__B', 'ABC', 'AB_C', 'A_BC', 'A_B_C'];
    const text = renderGo({
      packageName: 'main',
      secrets: names.map(name => ({name, missingIn: []})),
      areSecretsVariables: true,
    });
    const methods = [...text.matchAll(/^func \(takoSecrets\) (\w+)/gm)].map(([, name]) => name);
    assert.equal(new Set(methods).size, names.length);
  });
});

describe.skipIf(requires('go', 'gofmt', 'bash'))('tako_secrets.go in a program', () => {
  it.each([true, false])('is as gofmt writes it (secrets as variables: %s)', async areSecretsVariables => {
    const folder = await temporaryFolder();
    await writeFile(path.join(folder, GO_FILE), render(areSecretsVariables));
    assert.equal(spawnSync('gofmt', ['-l', folder], {encoding: 'utf8'}).stdout, '');
  });

  it('reads secrets that are variables', async () => {
    const program = await compile(true);
    assert.equal(print([program], {API_KEY: 'k', A_1: 'a', A1: 'b'}), 'k a b  false');
    assert.equal(print([program], {API_KEY: 'k', LICENSE: 'l'}), 'k   l true');
  });

  it('reads the others from the descriptor or the variable that tako gives, and nothing without tako', async () => {
    const program = await compile(false);
    const document = JSON.stringify({token: 't', secrets: {API_KEY: 'k', A1: 'b', LICENSE: 'l'}, storages: {}});
    assert.equal(print([program], {TAKO_BOOTSTRAP_DATA: document}), 'k  b l true');
    const byPipe = ['bash', '-c', `exec 3< <(printf %s '${document}'); exec ${program}`] as const;
    assert.equal(print(byPipe, {TAKO_BUILD: 'dev'}), 'k  b l true');
    assert.equal(print([program], {}), '    false');
  });
});
