import assert from 'node:assert/strict';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {onTestFinished} from 'vitest';
import {type CommandResult, run} from '../../src/system/exec.js';

/** A folder of the test's own, gone when the test is. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tako-test-'));
  onTestFinished(() => rm(folder, {recursive: true, force: true}));
  return folder;
}

export async function writeTemporary(name: string, content: string): Promise<string> {
  const file = path.join(await temporaryFolder(), name);
  await writeFile(file, content);
  return file;
}

/** What OpenSSL prints of a certificate. */
export async function opensslText(pem: string): Promise<string> {
  const {exitCode, stdout, stderr} = await run({file: 'openssl', args: ['x509', '-noout', '-text']}, {input: pem});
  assert.equal(exitCode, 0, stderr);
  return stdout;
}

/** Whether OpenSSL, at its strictest, takes the leaf under the root for a TLS server, or another purpose. */
export async function opensslVerify(root: string, leaf: string, purpose = 'sslserver'): Promise<CommandResult> {
  const args = ['verify', '-x509_strict', '-purpose', purpose, '-no-CApath', '-no-CAstore'];
  const files = ['-CAfile', await writeTemporary('root.pem', root), await writeTemporary('leaf.pem', leaf)];
  return run({file: 'openssl', args: [...args, ...files]});
}
