import path from 'node:path';
import type {Command} from '../../config/config.js';
import {TakoError} from '../../system/error.js';
import type {ReleaseFile} from './release-files.js';

/** Options of Node whose value is a word of its own. */
const WITH_VALUE: ReadonlySet<string> = new Set([
  ...[
    '-r',
    '--require',
    '--import',
    '--loader',
    '--experimental-loader',
    '-C',
    '--conditions',
    '--title',
    '--env-file',
  ],
]);

/** The file of the release that a command runs, as it is written. Undefined: it is not one of its files, or cannot be known. */
export function fileOf([program, ...words]: Command): string | undefined {
  if (program !== 'node') return program.startsWith('.') ? program : undefined;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (word === '-e' || word === '--eval' || word === '-p') return undefined;
    if (WITH_VALUE.has(word)) index++;
    else if (!word.startsWith('-')) return word;
  }
  return undefined;
}

/** Throws START_NOT_FOUND when what is started is not among the files, named as Node would complete them. */
export function assertStartExists(argv: Command, directory: string, files: readonly ReleaseFile[]): void {
  const file = fileOf(argv);
  if (file === undefined || path.isAbsolute(file)) return;
  const paths = new Set(files.map(({path: name}) => name));
  const base = followLinks(path.posix.join(directory, file).replace(/\/$/, ''), files);
  const candidates = ['', '.js', '.cjs', '.json', '/index.js', '/index.cjs', '/package.json'].map(end => base + end);
  if (base === '.' || candidates.some(candidate => paths.has(candidate))) return;
  throw new TakoError('START_NOT_FOUND', `the release has no ${base}, which "${argv.join(' ')}" runs`, {
    hint: 'the build did not write it, or it is left out: correct start or build in tako.toml',
  });
}

/** As deep as package managers link; a circle of links leads nowhere. */
const MAX_LINKS = 16;

/** Where a path leads when folders on its way are links, as those of packages often are. */
function followLinks(file: string, files: readonly ReleaseFile[]): string {
  const links = new Map(files.flatMap(each => (each.type === 'link' ? [[each.path, each.link] as const] : [])));
  let names = file.split('/');
  let followed = 0;
  for (let end = 1; end < names.length && followed < MAX_LINKS; end++) {
    const link = links.get(names.slice(0, end).join('/'));
    if (link === undefined) continue;
    names = path.posix.join(...names.slice(0, end - 1), link, ...names.slice(end)).split('/');
    followed++;
    end = 0;
  }
  return names.join('/');
}

/** Why a command would fail on every server, or undefined: Node ends when the file that it is given is not there. */
export function findEnvFile(argv: Command): string | undefined {
  const index = argv.findIndex(word => word === '--env-file' || word.startsWith('--env-file='));
  return argv[0] !== 'node' || index === -1 ? undefined : argv[index];
}
