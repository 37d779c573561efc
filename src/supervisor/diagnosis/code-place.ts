// Where in the user's own code something happened, as errors of several languages tell it.

import path from 'node:path';
import type {Circumstances} from './rule.js';

type Place = {readonly file: string; readonly position: string};

/** One language's way to write a place, alone or as a frame of a stack. */
const PLACES: readonly RegExp[] = [
  // Node, Deno, Bun: `    at connect (file:///web/server.js:3:7)`, `    at async /web/server.js:3:7`
  /^\s+at (?:[^(]*\(|async )?(?:file:\/\/)?(?<file>[^():]+):(?<position>\d+(?::\d+)?)\)?(?:\s\{)?$/,
  // Node above a stack: `/web/server.js:3`
  /^(?:file:\/\/)?(?<file>\/[^:()]+):(?<position>\d+)$/,
  // Python: `  File "/web/app.py", line 3, in main`
  /^\s+File "(?<file>[^"<]+)", line (?<position>\d+)/,
  // Go: `\t/web/main.go:4 +0x10`, whose tab has become spaces
  /^\s+(?<file>[^\s:]+\.go):(?<position>\d+)(?: \+0x[\da-f]+)?$/,
  // Go's compiler: `./main.go:2:14: undefined: nothing`
  /^(?<file>[^\s:]+\.go):(?<position>\d+:\d+): /,
  // Rust: `thread 'main' (812) panicked at src/main.rs:1:54:`
  /^thread '[^']*'(?: \(\d+\))? panicked at (?<file>[^\s:]+):(?<position>\d+:\d+):$/,
];

/** `server.js:3:7`, when the line names a place in a file of the user's own. */
export function ownPlace(line: string, circumstances: Circumstances): string | undefined {
  for (const pattern of PLACES) {
    const {file, position} = pattern.exec(line)?.groups ?? {};
    if (file === undefined || position === undefined) continue;
    return renderPlace({file: decodePath(file), position}, circumstances);
  }
  return undefined;
}

function renderPlace({file, position}: Place, {spec, facts}: Circumstances): string | undefined {
  if (BORROWED.test(file) || file.includes(':')) return undefined;
  if (!path.isAbsolute(file)) return `${path.normalize(file)}:${position}`;
  const folder = [spec.directory, ...facts.ownFolders].find(own => file.startsWith(`${own}/`));
  return folder === undefined ? undefined : `${path.relative(folder, file)}:${position}`;
}

/** Where code of others lies, also inside a project. */
const BORROWED =
  /(?:^|\/)(?:node_modules|site-packages|dist-packages|vendor|\.venv|venv)\/|^(?:node|internal|ext|bun)\b/;

/** A file URL writes a space as %20. */
function decodePath(file: string): string {
  try {
    return decodeURIComponent(file);
  } catch {
    return file;
  }
}
