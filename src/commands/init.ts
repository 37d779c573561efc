import {mkdir, open} from 'node:fs/promises';
import path from 'node:path';
import {initialRoute, renderInitialConfig} from '../config/initial-config.js';
import {CONFIG_FILE} from '../config/load-project.js';
import {parseConfig} from '../config/parse-config.js';
import {invalidFile} from '../config/problem.js';
import {findFallbackName} from '../config/project-name.js';
import {errorCode, TakoError} from '../system/error.js';
import {printJson, printNote} from './output.js';

export type InitFlags = {readonly name?: string; readonly route?: string; readonly json?: boolean};

/** Writes a short tako.toml; one that exists is left as it is. */
export async function init(directory: string | undefined, flags: InitFlags): Promise<void> {
  const folder = path.resolve(directory ?? '.');
  const file = path.join(folder, CONFIG_FILE);
  const name = flags.name ?? (await findFallbackName(folder));
  const route = flags.route ?? initialRoute(name);
  const text = renderInitialConfig({name, route});
  const parsed = parseConfig(text, CONFIG_FILE);
  if (!parsed.ok) throw invalidFile('the answers', parsed.problems);
  await mkdir(folder, {recursive: true});
  await writeNewFile(file, text);
  if (flags.json) printJson({ok: true, file, name, route});
  else printNote(`wrote ${file}: app ${name}, production at ${route}\n"tako dev" serves it at https://${name}.test`);
}

async function writeNewFile(file: string, text: string): Promise<void> {
  try {
    // Never over an existing file, also not one that appears at this moment.
    const handle = await open(file, 'wx', 0o644);
    await handle.writeFile(text);
    await handle.close();
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    throw new TakoError('CONFIG_EXISTS', `${file} exists already`, {
      hint: 'edit it, or move it away first',
      cause: error,
    });
  }
}
