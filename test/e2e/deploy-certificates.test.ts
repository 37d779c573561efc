import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {run} from '../../src/system/exec.js';
import {PEBBLE_PARTS, type Pebble, startPebble} from '../helpers/pebble.js';
import {requires} from '../helpers/system-parts.js';
import {DEPLOY_PARTS, shareSite, TIMEOUT_MS} from './deploy/site.js';

// Certificates that a server orders by itself, from Pebble, as a user sees them: in a deploy, in a browser, in `tako certs`.

const NAME = 'shop.acme-shop.dev';
const LOST = 'lost.acme-shop.dev';

describe.skipIf(requires(...DEPLOY_PARTS, ...PEBBLE_PARTS, 'openssl'))(
  'the certificates of a server (pebble)',
  {timeout: TIMEOUT_MS},
  () => {
    const site = shareSite('one');
    let pebble: Pebble;
    let folder: string;
    const tako = (...args: string[]) => site().laptop.tako(folder, ...args);

    beforeAll(async () => {
      const {laptop, vps} = site();
      pebble = await startPebble({httpPort: 80, httpsPort: 443, address: vps.hostAddress, leadsTo: vps.address});
      folder = path.join(laptop.projects, 'shop');
      mkdirSync(folder);
      writeFileSync(path.join(folder, 'index.html'), 'hello');
      routeTo(NAME);
      await laptop.tako(laptop.projects, 'servers', 'add', 'root@one', '--yes');
      const settings = `[[acme]]\ndirectory = "${pebble.directory}"\nroot = "/opt/tako/pebble.pem"\n`;
      await vps.run(`cat > /opt/tako/pebble.pem << 'END'\n${pebble.serverCertificate}END
cat > /opt/tako/server.toml << 'END'\n${settings}END
chown tako /opt/tako/pebble.pem /opt/tako/server.toml`);
      await tako('servers', 'reload');
    }, TIMEOUT_MS);
    afterAll(async () => pebble?.close());

    const routeTo = (...names: string[]): void =>
      writeFileSync(
        path.join(folder, 'tako.toml'),
        `name = "shop"\nassets = ["."]\n[envs.production]\nroutes = ${JSON.stringify(names)}\nservers = ["one"]\n`,
      );

    /** What a client shows of the certificate for a name, and whether one that trusts Pebble's root takes it. */
    async function look(name: string): Promise<{readonly leaf: X509Certificate; readonly isTrusted: boolean}> {
      const root = path.join(folder, '..', 'root.pem');
      writeFileSync(root, await pebble.root());
      const target = ['-connect', `${site().vps.address}:443`, '-servername', name, '-CAfile', root];
      const {stdout} = await run({file: 'openssl', args: ['s_client', ...target, '-verify_return_error']});
      const shown = await run({file: 'openssl', args: ['s_client', ...target]});
      return {
        leaf: new X509Certificate(
          /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(shown.stdout)?.[0] ?? '',
        ),
        isTrusted: /Verify return code: 0 \(ok\)/.test(stdout),
      };
    }

    it('are there when the first deploy is done', async () => {
      const {stderr} = await tako('deploy');
      assert.match(stderr, /certificates \(1 valid\)/);
      assert.equal((await look(NAME)).isTrusted, true);
    });

    it('are listed, also as JSON', async () => {
      assert.match((await tako('certs', 'list')).stdout, /^shop\.acme-shop\.dev {2}valid until \d{4}-.+, from Pebble/m);
      const {servers} = JSON.parse((await tako('certs', 'list', '--json')).stdout);
      assert.deepEqual(
        servers[0].certificates.map(({name, state}: {name: string; state: string}) => [name, state]),
        [[NAME, 'valid']],
      );
    });

    it('are used again by the next deploy, and by another server process', async () => {
      const {leaf} = await look(NAME);
      await tako('deploy');
      await tako('servers', 'reload');
      assert.equal((await look(NAME)).leaf.serialNumber, leaf.serialNumber);
    });

    it('are ordered anew on demand', async () => {
      const {leaf} = await look(NAME);
      assert.match((await tako('certs', 'renew', NAME)).stdout, /^one:\nshop\.acme-shop\.dev {2}valid/);
      const renewed = await look(NAME);
      assert.notEqual(renewed.leaf.serialNumber, leaf.serialNumber);
      assert.equal(renewed.isTrusted, true);
    });

    it('that are missing fail no deploy: it says why, and what to do', async () => {
      await pebble.pointTo(LOST, '127.0.0.1');
      routeTo(NAME, LOST);
      const {stderr} = await tako('deploy');
      assert.match(stderr, /certificates \(1 of 2 valid\)/);
      assert.match(stderr, /there is no certificate for lost\.acme-shop\.dev: .*; open port 80 or 443/);
      assert.match(
        (await tako('certs', 'list')).stdout,
        /lost\.acme-shop\.dev {2}missing.*\n.*\[CERTIFICATE_UNREACHABLE\]/,
      );
      assert.equal((await look(NAME)).isTrusted, true);
      assert.equal((await look(LOST)).isTrusted, false);
    });
  },
);
