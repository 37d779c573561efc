import assert from 'node:assert/strict';
import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {issueLeaf} from '../../../src/ca/leaf.js';
import type {RootCertificate} from '../../../src/ca/root.js';
import {applyPlan} from '../../../src/ca/trust/apply-plan.js';
import {checkTrust, planTrust, planUntrust, readTrustFacts, type TrustFacts} from '../../../src/ca/trust/trust.js';
import {PRIVATE_STORE_PARTS, type PrivateStore, startPrivateStore} from '../../helpers/private-store.js';
import {requires} from '../../helpers/system-parts.js';
import {temporaryFolder, writeTemporary} from '../../x509/support.js';
import {newAuthority} from '../support.js';

const OWNER = 'ann@machine';
const ANCHORS = '/usr/local/share/ca-certificates';

/** The system store alone: no browser's database is near a home that is empty, and certutil is not asked. */
async function readFacts({run, root}: PrivateStore): Promise<TrustFacts> {
  const home = await temporaryFolder();
  await mkdir(path.join(home, '.pki'));
  const facts = await readTrustFacts({home, platform: 'linux', run, root});
  return {...facts, stores: facts.stores.filter(({kind}) => kind === 'linux')};
}

const statesOf = async (sandbox: PrivateStore, root: RootCertificate): Promise<string[]> =>
  checkTrust(await readFacts(sandbox), root).map(({state}) => state);

describe.skipIf(requires(...PRIVATE_STORE_PARTS, 'openssl'))("this machine's store, in a view of its own", () => {
  let sandbox: PrivateStore;
  beforeAll(async () => {
    sandbox = await startPrivateStore();
  });
  afterAll(() => sandbox?.end());

  it('makes OpenSSL accept a leaf once the plan ran, and refuse it once the root was removed', async () => {
    const authority = await newAuthority({owner: OWNER});
    const leaf = await writeTemporary('leaf.pem', issueLeaf(authority, 'app.test', Date.now()).certificate.cert);
    const verifyBy = async (...store: string[]): Promise<number> =>
      (await sandbox.run({file: 'openssl', args: ['verify', ...store, leaf]})).exitCode;
    const byBundle = ['-no-CApath', '-CAfile', '/etc/ssl/certs/ca-certificates.crt'];
    const byLinks = ['-no-CAfile', '-CApath', '/etc/ssl/certs'];

    assert.deepEqual(await statesOf(sandbox, authority.root), ['not-trusted']);
    assert.notEqual(await verifyBy(...byBundle), 0);

    await applyPlan(planTrust(await readFacts(sandbox), authority.root), sandbox.run);
    assert.deepEqual(await statesOf(sandbox, authority.root), ['trusted']);
    assert.equal(await verifyBy(...byBundle), 0);
    assert.equal(await verifyBy(...byLinks), 0);

    await applyPlan(planUntrust(await readFacts(sandbox), OWNER, []), sandbox.run);
    assert.deepEqual(await statesOf(sandbox, authority.root), ['not-trusted']);
    assert.notEqual(await verifyBy(...byBundle), 0);
    const links = await sandbox.run({file: 'find', args: ['/etc/ssl', ANCHORS, '-name', 'tako-*']});
    assert.equal(links.stdout, '');
    const dangling = await sandbox.run({file: 'find', args: ['/etc/ssl/certs', '-xtype', 'l']});
    assert.equal(dangling.stdout, '');
  });

  it('replaces an earlier root of the same owner and leaves that of another', async () => {
    const [old, other] = [await newAuthority({owner: OWNER}), await newAuthority({owner: 'bob@machine'})];
    const {root} = await newAuthority({owner: OWNER});
    await applyPlan(planTrust(await readFacts(sandbox), old.root), sandbox.run);
    await applyPlan(planTrust(await readFacts(sandbox), other.root), sandbox.run);
    assert.deepEqual(await statesOf(sandbox, root), ['stale']);
    await applyPlan(planTrust(await readFacts(sandbox), root, old.root), sandbox.run);
    assert.deepEqual(await statesOf(sandbox, root), ['trusted']);
    assert.deepEqual(await statesOf(sandbox, other.root), ['trusted']);
    assert.deepEqual(await statesOf(sandbox, old.root), ['stale']);
  });
});
