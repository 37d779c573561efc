import assert from 'node:assert/strict';
import {beforeAll, describe, it} from 'vitest';
import type {Example} from '../../helpers/example.js';
import {openNotes, type Site, TIMEOUT_MS} from './site.js';

/** Each command about servers once with --json: the laptop holds what they print against their schemas. */
export function describeJson(site: () => Site): void {
  describe('what commands print with --json', {timeout: TIMEOUT_MS}, () => {
    let notes: Example;
    const print = async (...args: string[]): Promise<unknown[]> => {
      const {stdout} = await site().laptop.tako(notes.folder, ...args, '--json');
      return stdout.split('\n').map(line => JSON.parse(line));
    };
    beforeAll(async () => {
      notes = await openNotes(site(), 'printed');
    }, TIMEOUT_MS);

    it('of a deploy is as the schema says, line by line', async () => {
      const [plan] = await print('deploy', '--dry-run');
      assert.equal((plan as {ok: boolean}).ok, true);
      const lines = (await print('deploy')) as {type: string}[];
      assert.equal(lines.at(-1)?.type, 'end');
      notes.write('greeting.txt', 'hello again\n');
      await print('deploy');
    });

    it('of what is deployed is as the schemas say', async () => {
      await print('status', '--env', 'production');
      await print('releases');
      await print('rollback');
      await print('scale', '2');
      await print('restart', '--env', 'production');
      await print('stop', '--env', 'production');
      await print('start');
      const records = await print('logs', '--env', 'production');
      assert.ok(records.length > 1);
      const {stdout} = await site().laptop.tako(notes.folder, 'exec', '--json', '--', 'sh', '-c', 'echo said');
      assert.match(stdout, /"text":"said"/);
      await print('delete', '--yes');
    });

    it('of servers is as the schemas say', async () => {
      await print('servers', 'list');
      await print('servers', 'status');
      await print('servers', 'add', 'root@one', '--dry-run');
      await print('servers', 'upgrade', '--yes');
      await print('servers', 'reload');
      await print('servers', 'remove', 'one', '--dry-run');
    });
  });
}
