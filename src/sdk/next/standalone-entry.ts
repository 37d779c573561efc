// The production entry of an app of Next: beside the server that `output: "standalone"` makes, as soon as it is made. Next
// calls nobody then, in any of its versions, so it is done when the process of the build ends well.

import {constants, copyFileSync, cpSync, existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

/** One file with all it needs, as a standalone folder has only the packages that the app imports. The same from src and dist. */
const PROGRAM = fileURLToPath(new URL('../../../dist/sdk/next/production.mjs', import.meta.url));

/** The same in every layout, however deep a monorepo has the app. */
const ENTRY_FILE = 'tako-entry.mjs';
const PROGRAM_FILE = 'tako-server.mjs';

let isWaiting = false;

/** Of the build that runs in this process. Doing it twice is doing it once. */
export function makeEntryAfterBuild(distDir: string): void {
  if (isWaiting) return;
  isWaiting = true;
  // The folder that is built may be one of its arguments.
  const folders = [...process.argv.slice(3), '.'].map(word => path.resolve(word));
  process.once('exit', code => {
    const built = folders.find(folder => existsSync(path.join(folder, distDir, 'standalone')));
    if (code === 0 && built !== undefined) makeEntry(built, distDir);
  });
}

/** Does nothing where the build made no standalone folder. */
export function makeEntry(directory: string, distDir: string): void {
  const built = path.join(directory, distDir);
  const standalone = path.join(built, 'standalone');
  const app = appFolderOf(built);
  if (!existsSync(path.join(standalone, app, 'server.js'))) return;
  copyFolder(path.join(built, 'static'), path.join(standalone, app, distDir, 'static'));
  copyFolder(path.join(directory, 'public'), path.join(standalone, app, 'public'));
  copyFileSync(PROGRAM, path.join(standalone, PROGRAM_FILE));
  writeFileSync(path.join(standalone, ENTRY_FILE), renderEntry(path.posix.join(app, 'server.js')));
}

/** The app's place in the standalone folder: in a monorepo the one it has in that. */
function appFolderOf(built: string): string {
  const file = path.join(built, 'required-server-files.json');
  if (!existsSync(file)) return '';
  const {relativeAppDir = ''} = JSON.parse(readFileSync(file, 'utf8')) as {relativeAppDir?: string};
  return relativeAppDir.replaceAll(path.sep, '/');
}

/** Without using disk space twice where the file system can do that. */
function copyFolder(from: string, to: string): void {
  if (existsSync(from)) cpSync(from, to, {recursive: true, mode: constants.COPYFILE_FICLONE});
}

const renderEntry = (server: string): string => `import {serveNext} from './${PROGRAM_FILE}';

await serveNext(new URL(${JSON.stringify(server)}, import.meta.url));
`;
