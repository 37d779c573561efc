import assert from 'node:assert/strict';
import {afterAll, beforeAll} from 'vitest';
import type {AppStatus} from '../../src/control/events.js';
import {type Client, createClient} from './client.js';
import {createTako, type Tako} from './tako.js';

/** Ready at once, on a port where nothing is. */
const KEEPER = ['sh', '-c', 'echo 4000 >&4; exec sleep 600'];

/** One daemon for all tests of a file. The app of its home folder keeps it running. */
export function shareTako(): Tako {
  const tako = createTako();
  beforeAll(async () => {
    const dev = tako.dev(tako.home, ...KEEPER);
    await dev.ready();
    await dev.end('SIGHUP');
  });
  afterAll(() => tako.close());
  return tako;
}

/** A client of that daemon, for all tests of a file. */
export function shareClient(tako: Tako): Pick<Client, 'get'> {
  let client: Client | undefined;
  beforeAll(async () => {
    const {daemon} = await tako.status();
    assert.ok(daemon, 'the daemon runs');
    client = createClient(daemon);
  });
  afterAll(() => client?.close());
  return {
    get(host, path) {
      assert.ok(client, 'only tests ask');
      return client.get(host, path);
    },
  };
}

/** What is registered under that name, if anything is. */
export const findApp = async (tako: Tako, name: string): Promise<AppStatus | undefined> =>
  (await tako.status()).apps.find(app => app.name === name);

/** For commands that are not run by `tako` itself. */
export const environmentOf = ({home}: Tako): NodeJS.ProcessEnv => ({...process.env, TAKO_HOME: home, NO_COLOR: '1'});
