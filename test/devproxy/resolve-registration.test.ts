import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {Registration} from '../../src/control/protocol.js';
import {launchSpecOf} from '../../src/devproxy/app-launch.js';
import {projectOf, resolveRegistration} from '../../src/devproxy/resolve-registration.js';
import {packageJson, temporaryFolder} from '../config/support.js';

async function registered(files: Readonly<Record<string, string>>): Promise<Registration> {
  const directory = await temporaryFolder(files);
  const request = {
    directory,
    configFile: null,
    name: 'web',
    variant: null,
    words: [],
    staticRoutes: [],
    terminal: {PATH: process.env.PATH ?? ''},
  };
  return resolveRegistration(request, await projectOf(request), ['test', 'localhost']);
}

const facts = {token: 'token', others: [], httpsPort: 443, trustFor: () => ({}), secrets: {}};

describe('what an app under tako dev is given to read', () => {
  it.each([
    ['next', ['next', 'tako.sh'], 'environment'],
    ['next without the package', ['next'], undefined],
    ['vite', ['vite', 'tako.sh'], undefined],
  ])('is in its environment too where the server is a child of what is started: %s', async (_, uses, expected) => {
    const registration = await registered({'package.json': packageJson({uses})});
    assert.equal(registration.bootstrapIn, expected);
    assert.equal(launchSpecOf(registration, facts).bootstrapIn, expected);
  });
});
