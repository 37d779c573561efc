import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {type Site, TIMEOUT_MS} from './site.js';

/** That somebody else, who is not root, comes to use an installation of root's. */
export function describeColleagues(site: () => Site): void {
  describe('a colleague', {timeout: TIMEOUT_MS}, () => {
    const add = ['servers', 'add', 'deploy@one-deploy', '--name', 'colleague', '--yes'] as const;
    const attempt = () => site().laptop.attempt(site().laptop.projects, ...add);

    it('without sudo is told what an administrator has to run, and is in when that is done', async () => {
      const {vps} = site();
      await vps.run('chmod go-x "$(command -v sudo)"');
      const refused = await attempt();
      assert.equal(refused.exitCode, 1);
      assert.match(refused.stderr, /installed by root.*\[SERVER_DENIED\][\s\S]*"sudo usermod -aG tako-admin deploy"/);
      await vps.run('usermod -aG tako-admin deploy');
      const joined = await attempt();
      assert.equal(joined.exitCode, 0, joined.stderr);
      assert.match(joined.stderr, /everything is in its place on deploy@one-deploy, in \/opt\/tako/);
      await vps.run('chmod go+x "$(command -v sudo)"; gpasswd -d deploy tako-admin');
    });

    it('with sudo is put into the group, and nothing else is done', async () => {
      const {laptop} = site();
      const {stderr} = await attempt();
      assert.match(stderr, /tako will:\n {2}- put deploy into the group tako-admin\nput deploy/);
      const {stdout} = await laptop.tako(laptop.projects, 'servers', 'status', 'colleague');
      assert.match(stdout, /^colleague: tako \d/);
      await laptop.tako(laptop.projects, 'servers', 'remove', 'colleague', '--forget', '--yes');
    });
  });
}
