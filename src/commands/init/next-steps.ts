import path from 'node:path';
import {readTextIfReadable} from '../../config/folders.js';
import {parsePackageJson} from '../../config/package-json.js';
import {findTemplate} from './templates.js';

export type NextStepFacts = {
  readonly folder: string;
  /** Undefined: the app was there before. */
  readonly template: string | undefined;
  /** `npm_config_user_agent`: `pnpm/10.1.0 npm/? node/…`, as package managers tell what they run of themselves. */
  readonly userAgent: string | undefined;
  /** What the shell is to run for `tako`. */
  readonly tako: string;
};

/** What to type next, in order, up to the app in the browser. */
export async function findNextSteps({folder, template, userAgent, tako}: NextStepFacts): Promise<readonly string[]> {
  const here = path.relative(process.cwd(), folder);
  const enter = here === '' ? [] : [`cd ${here}`];
  if (template === undefined) return [...enter, `${tako} dev`];
  const content = parsePackageJson((await readTextIfReadable(path.join(folder, 'package.json'))) ?? '');
  if (!content) return [...enter, `${tako} dev`];
  const manager = findTemplate(template).packageManager ?? managerOf(userAgent);
  const dev = content.scripts.dev === undefined ? `${tako} dev` : `${manager} run dev`;
  return [...enter, `${manager} install`, dev];
}

const managerOf = (userAgent = ''): string => /^(npm|pnpm|yarn|bun)\//.exec(userAgent)?.[1] ?? 'npm';
