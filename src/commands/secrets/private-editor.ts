import {chmod, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {execa} from 'execa';
import {exists} from '../../config/folders.js';
import {errorCode, TakoError} from '../../system/error.js';

/** What another look at the file can mend. */
const MISTAKES = ['DOTENV_INVALID', 'SECRET_NAME_INVALID', 'SECRET_VALUE_INVALID'];

/**
 * Has somebody change a text that nobody else may see: in a folder of theirs alone, in memory where the system has a place
 * for that, and deleted whatever happens. A mistake is written above it, and the editor opens again. Throws NO_TERMINAL,
 * NO_EDITOR and EDITOR_FAILED.
 */
export async function editPrivately<T>(text: string, read: (edited: string) => T): Promise<T> {
  const {VISUAL, EDITOR} = process.env;
  const editor = VISUAL || EDITOR;
  if (!process.stdin.isTTY || !process.stdout.isTTY) throw noTerminal();
  if (!editor) throw noEditor();
  const folder = await mkdtemp(path.join(await privateFolder(), 'tako-secrets-'));
  try {
    await chmod(folder, 0o700);
    return await editUntilRight(editor, path.join(folder, 'secrets.env'), text, read);
  } finally {
    await rm(folder, {recursive: true, force: true});
  }
}

async function editUntilRight<T>(editor: string, file: string, text: string, read: (edited: string) => T): Promise<T> {
  let shown = text;
  for (;;) {
    await writeFile(file, shown, {mode: 0o600});
    const {exitCode} = await execa('sh', ['-c', `${editor} "$1"`, 'sh', file], {stdio: 'inherit', reject: false});
    if (exitCode !== 0) {
      throw new TakoError('EDITOR_FAILED', `${editor} ended with ${exitCode ?? 'a signal'}: nothing was changed`);
    }
    const edited = withoutMistakes(await readFile(file, 'utf8'));
    try {
      return read(edited);
    } catch (error) {
      if (!MISTAKES.includes(errorCode(error) ?? '')) throw error;
      // Left as it was with its mistake, it is given up.
      if (shown === mistake(error) + edited) throw error;
      shown = mistake(error) + edited;
    }
  }
}

const MARK = '# ! ';
const mistake = (error: unknown): string => `${MARK}${error instanceof Error ? error.message : error}\n`;
const withoutMistakes = (text: string): string =>
  text
    .split('\n')
    .filter(line => !line.startsWith(MARK))
    .join('\n');

/** What is written to memory is on no disk afterwards. */
async function privateFolder(): Promise<string> {
  for (const folder of [process.env.XDG_RUNTIME_DIR, '/dev/shm']) {
    if (folder && (await exists(folder))) return folder;
  }
  return tmpdir();
}

const noTerminal = (): TakoError =>
  new TakoError('NO_TERMINAL', 'there is no terminal for an editor', {
    hint: 'use "tako secrets set", "import" and "export" instead',
  });

const noEditor = (): TakoError =>
  new TakoError('NO_EDITOR', 'neither VISUAL nor EDITOR names an editor', {hint: 'set one, as in EDITOR=nano'});
