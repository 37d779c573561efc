import assert from 'node:assert/strict';
import {mkdir, rename, rm, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {describe, it} from 'vitest';
import {fingerprintOf} from '../../../src/ca/root.js';
import {applyPlan} from '../../../src/ca/trust/apply-plan.js';
import {type InstallationRecord, openInstallationRecord} from '../../../src/ca/trust/installation-record.js';
import {isStillThere, planTrust, planUntrust, readTrustFacts, type TrustFacts} from '../../../src/ca/trust/trust.js';
import type {Installation} from '../../../src/ca/trust/trust-store.js';
import {run} from '../../../src/system/exec.js';
import {requires} from '../../helpers/system-parts.js';
import {temporaryFolder} from '../../x509/support.js';
import {newAuthority} from '../support.js';
import {fakeCommands, place} from './support.js';

const OWNER = 'ann@machine';

const installation = (path: string, fingerprint = 'ab'): Installation => ({
  store: {kind: 'nss', name: `Firefox (${path})`, path},
  fingerprint,
  certificate: 'PEM',
});

const newRecord = async (): Promise<InstallationRecord> =>
  openInstallationRecord(path.join(await temporaryFolder(), 'trust.json'));

describe('the record of what was put into which store', () => {
  it('keeps each once, over the end of the process, for its user alone', async () => {
    const file = path.join(await temporaryFolder(), 'trust.json');
    const record = await openInstallationRecord(file);
    await record.add(installation('/a'));
    await record.add(installation('/a'));
    await record.add(installation('/a', 'cd'));
    await record.setRotatedFrom('ab');
    const again = await openInstallationRecord(file);
    assert.deepEqual(again.all, [installation('/a'), installation('/a', 'cd')]);
    assert.equal(again.rotatedFrom, 'ab');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    await again.retain(({fingerprint}) => fingerprint === 'cd');
    await again.setRotatedFrom(undefined);
    assert.deepEqual((await openInstallationRecord(file)).all, [installation('/a', 'cd')]);
  });

  it('is changed by two at once without either losing what it wrote', async () => {
    const file = path.join(await temporaryFolder(), 'trust.json');
    const [one, other] = await Promise.all([openInstallationRecord(file), openInstallationRecord(file)]);
    await one.add(installation('/a'));
    await other.add(installation('/b'));
    assert.deepEqual((await openInstallationRecord(file)).all, [installation('/a'), installation('/b')]);
  });

  it('is not made up where it cannot be read', async () => {
    const file = path.join(await temporaryFolder(), 'trust.json');
    for (const damaged of ['{', '{"version": 2, "installed": []}', '[]']) {
      await writeFile(file, damaged);
      await assert.rejects(openInstallationRecord(file), {code: 'RECORDS_DAMAGED'});
    }
  });
});

describe('a store that is on record', () => {
  it('and is gone is said, and forgotten', async () => {
    const home = await temporaryFolder();
    const installed = [installation(path.join(home, 'gone'))];
    const facts = await readTrustFacts({home, platform: 'linux', run: fakeCommands({}).run, root: home}, installed);
    const plan = planUntrust(facts, OWNER, []);
    assert.deepEqual(plan.changes, []);
    assert.deepEqual(plan.notes, [`Firefox (${home}/gone): it is gone, and tako's certificate with it`]);
    assert.ok(!installed.some(one => isStillThere(facts, one)));
  });

  it('and cannot be read is said, and remembered', async () => {
    const home = await temporaryFolder();
    await place(home, 'profile/cert9.db');
    const installed = [installation(path.join(home, 'profile'))];
    const facts = await readTrustFacts({home, platform: 'linux', run: fakeCommands({}).run, root: home}, installed);
    const plan = planUntrust(facts, OWNER, []);
    assert.match(
      plan.notes?.join() ?? '',
      /^Firefox \(.*profile\): tako's certificate may still be there; certutil is not/,
    );
    assert.ok(installed.every(one => isStillThere(facts, one)));
  });
});

describe.skipIf(requires('certutil'))('a store that nothing leads to any more', () => {
  const factsOf = (home: string, record: InstallationRecord): Promise<TrustFacts> =>
    readTrustFacts({home, platform: 'linux', run, root: home}, record.all);

  it('is found by the record, whoever the root in it says that it belongs to', async () => {
    const record = await newRecord();
    const home = await temporaryFolder();
    const profile = path.join(await temporaryFolder(), 'profile');
    await mkdir(profile);
    await run({file: 'certutil', args: ['-N', '-d', `sql:${profile}`, '--empty-password']});
    await place(home, '.pki/nssdb/README');
    const list = path.join(home, '.mozilla/firefox/profiles.ini');
    await place(home, '.mozilla/firefox/profiles.ini', `[Profile0]\nIsRelative=0\nPath=${profile}\n`);
    const {root} = await newAuthority({owner: OWNER});
    await applyPlan(planTrust(await factsOf(home, record), root), run, {record});
    assert.deepEqual(
      record.all.map(({fingerprint}) => fingerprint),
      [fingerprintOf(root.certificate), fingerprintOf(root.certificate)],
    );

    await rm(list);
    const facts = await factsOf(home, record);
    await applyPlan(planUntrust(facts, 'ann@renamed', []), run);
    const listed = await run({file: 'certutil', args: ['-L', '-d', `sql:${profile}`]});
    assert.doesNotMatch(listed.stdout, /tako/);
    const after = await factsOf(home, record);
    await record.retain(one => isStillThere(after, one));
    assert.deepEqual(record.all, []);
  });

  it('is told by its place: moved elsewhere it is gone from there', async () => {
    const record = await newRecord();
    const home = await temporaryFolder();
    const {root} = await newAuthority({owner: OWNER});
    await applyPlan(planTrust(await factsOf(home, record), root), run, {record});
    await rename(path.join(home, '.pki'), path.join(home, 'moved'));
    const {notes} = planUntrust(await factsOf(home, record), OWNER, []);
    assert.match(notes?.join() ?? '', /^Chromium \(~\/\.pki\/nssdb\): it is gone/);
  });
});
