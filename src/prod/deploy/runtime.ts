import path from 'node:path';
import type {Command} from '../../config/config.js';
import {readTextIfReadable} from '../../config/folders.js';
import type {ProjectKnowledge} from './build-steps.js';

/** What a release is run by. `version` is as it was asked for: `24`, `24.1`, `24.1.0`. Null: any, the server's own will do. */
export type WantedRuntime = {readonly name: 'node'; readonly version: string | null};

/** Where other tools have it, best first. */
const VERSION_FILES = ['.node-version', '.nvmrc'] as const;

/**
 * The runtime of a start command: `runtime = "node@24"` of tako.toml, else a .node-version or .nvmrc. Null: it is not run by
 * Node, and the server has to have what it needs.
 */
export async function decideRuntime(
  {config, facts, root}: ProjectKnowledge,
  argv: Command,
): Promise<WantedRuntime | null> {
  const isShell = argv[0] === 'sh' && facts.files.includes('package.json');
  if (argv[0] !== 'node' && !isShell) return null;
  if (config.runtime?.id === 'node') return {name: 'node', version: config.runtime.version ?? null};
  for (const folder of new Set([path.join(root.root, root.directory), root.root])) {
    for (const file of VERSION_FILES) {
      const version = parseVersion(await readTextIfReadable(path.join(folder, file)));
      if (version !== undefined) return {name: 'node', version};
    }
  }
  return {name: 'node', version: null};
}

/** Names such as `lts/*` say nothing that stays the same. */
const parseVersion = (text = ''): string | undefined => /^v?(\d+(?:\.\d+){0,2})\s*$/.exec(text.trim())?.[1];
