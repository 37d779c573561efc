import {rmSync} from 'node:fs';
import {afterAll} from 'vitest';
import {appContract} from '../contract/app-contract.js';
import {isSoak} from '../helpers/soak.js';
import {createAppFolder, RUNTIMES, runtimeOf} from './runtimes.js';

// The wire between tako and its apps, on the package's own programs and on an app that was written by hand.

const directory = createAppFolder('sdk/contract.mjs', 'sdk/contract-listener.mjs', 'hand-written.mjs');
afterAll(() => rmSync(directory, {recursive: true, force: true}));

for (const {name, isMissing, launch} of RUNTIMES) {
  appContract(`a fetch handler on ${name}`, isMissing, () => ({
    command: launch(directory, 'contract.mjs'),
    directory,
    keepsDescriptors: name === 'Deno',
  }));
}

const {isMissing, run} = runtimeOf('Node');

const isLeftOut = isMissing || !isSoak;

appContract('a fetch handler that is run by itself on Node', isLeftOut, () => ({
  command: run('contract.mjs'),
  directory,
}));

appContract('a listener of node:http that is given to serve', isLeftOut, () => ({
  command: run('contract-listener.mjs'),
  directory,
}));

appContract('an app written by hand', isMissing, () => ({command: run('hand-written.mjs'), directory}));
