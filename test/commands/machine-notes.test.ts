import assert from 'node:assert/strict';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {checkMachine, type VisitedApp} from '../../src/commands/machine-notes.js';
import type {Handlers} from '../../src/control/method.js';
import type {DaemonInfo, Methods} from '../../src/control/protocol.js';
import {startControlServer} from '../../src/control/server.js';
import {socketPathFor} from '../../src/control/socket-path.js';
import {readVersion} from '../../src/system/version.js';
import {cli, start, talkingProject, temporaryFolder} from './support.js';

const open = {https: {port: 443, isDenied: false}};
const denied = {https: {port: 47_831, isDenied: true}};
/** RFC 6761: names that never resolve, and one that always does. */
const UNKNOWN = {primaryHost: 'store.invalid', routes: ['store.invalid', '*.store.localhost', 'store.localhost/shop']};
const KNOWN = {primaryHost: 'localhost', routes: ['localhost']};

/** In a home without an authority, of which no store could know. */
async function saidOf(...[app, info]: [VisitedApp, Pick<DaemonInfo, 'https'>]): Promise<string[]> {
  const home = process.env.TAKO_HOME;
  process.env.TAKO_HOME = temporaryFolder();
  const said: string[] = [];
  await checkMachine(app, info, text => said.push(text));
  if (home === undefined) delete process.env.TAKO_HOME;
  else process.env.TAKO_HOME = home;
  return said;
}

describe('what tako dev says of the machine', () => {
  it('is one line for all that setup would add, with the address that works until then', async () => {
    assert.deepEqual(await saidOf(UNKNOWN, denied), [
      '"tako setup" lets this machine find store.invalid and serve it without a port; until then: https://store.localhost:47831',
    ]);
    assert.deepEqual(await saidOf(UNKNOWN, open), [
      '"tako setup" lets this machine find store.invalid; until then: https://store.localhost',
    ]);
    assert.deepEqual(await saidOf(KNOWN, denied), [
      '"tako setup" lets this machine serve it without a port; until then: https://localhost:47831',
    ]);
  });

  it('is nothing where nothing is missing', async () => {
    assert.deepEqual(await saidOf(KNOWN, open), []);
  });

  it('names the configured host where the standard port is denied', async () => {
    const home = temporaryFolder();
    const info: Partial<DaemonInfo> = {
      ...{version: readVersion(), protocol: 1, pid: 1, apps: 0, dnsPort: 1, zones: ['test']},
      ...{https: {port: 47831, isDenied: true}, http: {port: 47830, isDenied: true}},
    };
    const server = await startControlServer({
      socketPath: socketPathFor(home),
      handlers: {
        hello: async () => info,
        list: async () => ({apps: []}),
        register: async () => ({}),
        start: async () => ({}),
        attach: () => new Promise(() => undefined),
      } as unknown as Handlers<Methods>,
      onBug: () => undefined,
    });
    onTestFinished(() => server.close());
    const {directory, write} = talkingProject('talker');
    write('tako.toml', 'name = "talker"\ndev = ["true"]\n[envs.development]\nroutes = ["store.test"]\n');
    const env = {...process.env, TAKO_HOME: home, HOME: path.join(home, 'user'), NO_COLOR: '1'};
    const dev = start(cli('dev', '--plain'), {cwd: directory, env});
    await dev.until('find store.test and serve it without a port; until then: https://store.localhost:47831');
  });
});
