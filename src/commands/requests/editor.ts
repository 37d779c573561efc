import {chmod, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {execa} from 'execa';
import {TakoError} from '../../system/error.js';

export type EditorWorld = {
  readonly environment: NodeJS.ProcessEnv;
  readonly hasTerminal: boolean;
};

/**
 * Has somebody change a text in their editor, which may be a command with arguments, as git takes it. `use` is given what
 * they made of it; what it throws names the file, which stays then. Rejects with NO_TERMINAL, NO_EDITOR and EDITOR_FAILED.
 */
export async function editText<T>(
  text: string,
  {environment, hasTerminal}: EditorWorld,
  use: (changed: string) => Promise<T>,
): Promise<T> {
  const editor = environment.VISUAL || environment.EDITOR;
  if (!hasTerminal) throw noTerminal();
  if (!editor) throw noEditor();
  const folder = await mkdtemp(path.join(tmpdir(), 'tako-request-'));
  await chmod(folder, 0o700);
  const file = path.join(folder, 'request.http');
  await writeFile(file, text, {mode: 0o600});
  const {exitCode} = await execa('sh', ['-c', `${editor} "$1"`, 'sh', file], {stdio: 'inherit', reject: false});
  if (exitCode !== 0) {
    await rm(folder, {recursive: true, force: true});
    throw new TakoError('EDITOR_FAILED', `${editor} ended with ${exitCode ?? 'a signal'}: nothing was sent`);
  }
  const result = await use(await readFile(file, 'utf8')).catch(error => Promise.reject(keptIn(file, error)));
  await rm(folder, {recursive: true, force: true});
  return result;
}

const noTerminal = (): TakoError =>
  new TakoError('NO_TERMINAL', 'there is no terminal for an editor', {
    hint: 'use --method, --path, --header and --data instead',
  });

const noEditor = (): TakoError =>
  new TakoError('NO_EDITOR', 'neither VISUAL nor EDITOR names an editor', {
    hint: 'set one, as in EDITOR=nano, or use --method, --path, --header and --data',
  });

/** What was written is not lost with a mistake in it. */
function keptIn(file: string, error: unknown): unknown {
  if (!(error instanceof TakoError) || error.code === 'CANCELLED') return error;
  const {code, message, hint, details} = error;
  return new TakoError(code, message, {
    cause: error,
    details: [...details, `what you wrote is in ${file}`],
    ...(hint === undefined ? {} : {hint}),
  });
}
