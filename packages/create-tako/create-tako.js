#!/usr/bin/env node
// `npm create tako [folder]`: `tako init --new` of the package tako.sh, which says what it needs of Node.

import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const manifest = new URL(import.meta.resolve('tako.sh/package.json'));
const {bin} = JSON.parse(readFileSync(manifest, 'utf8'));
const cli = new URL(bin.tako, manifest);
const [node] = process.argv;
process.argv = [node, fileURLToPath(cli), 'init', '--new', ...process.argv.slice(2)];
await import(cli.href);
