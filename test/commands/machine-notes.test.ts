import assert from 'node:assert/strict';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {checkMachine} from '../../src/commands/machine-notes.js';
import type {Handlers} from '../../src/control/method.js';
import type {DaemonInfo, Methods} from '../../src/control/protocol.js';
import {startControlServer} from '../../src/control/server.js';
import {socketPathFor} from '../../src/control/socket-path.js';
import {readVersion} from '../../src/system/version.js';
import {cli, start, talkingProject, temporaryFolder} from './support.js';

describe('what tako dev says of the machine', () => {
  it('is about the host it was given', async () => {
    // RFC 6761: a name that never resolves.
    const said = await new Promise<string>(resolve => checkMachine('store.invalid', resolve));
    assert.equal(said, 'store.invalid does not resolve on this machine yet: "tako setup" sees to it');
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
      } as unknown as Handlers<Methods>,
      onBug: () => undefined,
    });
    onTestFinished(() => server.close());
    const {directory, write} = talkingProject('talker');
    write('tako.toml', 'name = "talker"\ndev = ["true"]\n[envs.development]\nroutes = ["store.test"]\n');
    const env = {...process.env, TAKO_HOME: home, HOME: path.join(home, 'user'), NO_COLOR: '1'};
    const dev = start(cli('dev', '--plain'), {cwd: directory, env});
    await dev.until('port 443 is not open to this user; serving https://store.test:47831');
  });
});
