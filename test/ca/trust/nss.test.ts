import assert from 'node:assert/strict';
import {mkdir, readdir, stat} from 'node:fs/promises';
import path from 'node:path';
import {describe, it} from 'vitest';
import {storeNameOf} from '../../../src/ca/root.js';
import {applyPlan} from '../../../src/ca/trust/apply-plan.js';
import {readNssStores} from '../../../src/ca/trust/nss.js';
import {findNssFolders} from '../../../src/ca/trust/nss-folders.js';
import {checkTrust, planTrust, planUntrust, readTrustFacts, type TrustFacts} from '../../../src/ca/trust/trust.js';
import {run} from '../../../src/system/exec.js';
import {requires} from '../../helpers/system-parts.js';
import {temporaryFolder} from '../../x509/support.js';
import {newAuthority} from '../support.js';
import {fakeCommands, lineOf, place} from './support.js';

const OWNER = 'ann@machine';

async function homeWith(...databases: string[]): Promise<string> {
  const home = await temporaryFolder();
  for (const folder of databases) await place(home, `${folder}/cert9.db`);
  return home;
}

const foldersOf = async (home: string, platform: NodeJS.Platform): Promise<string[]> =>
  (await findNssFolders({home, platform})).map(({folder}) => path.relative(home, folder)).sort();

describe('the databases of browsers', () => {
  it('are found in the home folder, in snaps and in flatpaks', async () => {
    const databases = [
      '.config/mozilla/firefox/ab.default-release',
      '.local/share/pki/nssdb',
      '.mozilla/firefox/cd.default',
      '.mozilla/firefox/ef.dev-edition-default',
      '.pki/nssdb',
      '.var/app/com.google.Chrome/.pki/nssdb',
      '.var/app/org.mozilla.firefox/.mozilla/firefox/gh.default',
      'snap/chromium/current/.pki/nssdb',
      'snap/firefox/common/.mozilla/firefox/ij.default',
    ];
    const home = await homeWith(...databases);
    await place(home, '.mozilla/firefox/profiles.ini');
    await mkdir(path.join(home, '.mozilla/firefox/Crash Reports'));
    assert.deepEqual(await foldersOf(home, 'linux'), databases);
  });

  it('are those of Firefox that its list says are elsewhere, of every edition and of snaps', async () => {
    const elsewhere = await homeWith('work', '.mozilla/firefox/ab.dev-edition-default');
    const home = await homeWith('snap/firefox/common/.mozilla/firefox/cd.default', '.librewolf/ef.default', 'private');
    await place(
      home,
      '.mozilla/firefox/profiles.ini',
      `[General]\nStartWithLastProfile=1\n\n[Profile1]\nName=work\nIsRelative=0\nPath=${elsewhere}/work\n\n[Profile0]\r\nName=p\r\nIsRelative=1\r\nPath=../../private\r\n\n[Install4F96D1932A9F858E]\nDefault=gone\n`,
    );
    const found = (await findNssFolders({home, platform: 'linux'})).map(({folder}) => folder).sort();
    assert.deepEqual(
      found.filter(folder => !folder.endsWith('.pki/nssdb')),
      [
        path.join(home, '.librewolf/ef.default'),
        path.join(home, 'private'),
        path.join(home, 'snap/firefox/common/.mozilla/firefox/cd.default'),
        path.join(elsewhere, 'work'),
      ].sort(),
    );
  });

  it('are where the XDG variables say', async () => {
    const [home, data, config] = await Promise.all([
      homeWith(),
      homeWith('pki/nssdb'),
      homeWith('mozilla/firefox/ab.default'),
    ]);
    const environment = {XDG_DATA_HOME: data, XDG_CONFIG_HOME: config};
    const found = (await findNssFolders({home, platform: 'linux', environment})).map(({folder}) => folder);
    assert.deepEqual(found, [path.join(data, 'pki/nssdb'), path.join(config, 'mozilla/firefox/ab.default')]);
  });

  it('are planned for Chromium where there is none', async () => {
    assert.deepEqual(await findNssFolders({home: '/no/home', platform: 'linux'}), [
      {folder: '/no/home/.pki/nssdb', browser: 'Chromium', exists: false},
    ]);
  });

  it('are not planned where they would hide the one that a newer Chromium made', async () => {
    const home = await homeWith('.local/share/pki/nssdb');
    assert.deepEqual(await foldersOf(home, 'linux'), ['.local/share/pki/nssdb']);
  });

  it("are Firefox's alone on macOS", async () => {
    const profile = 'Library/Application Support/Firefox/Profiles/ab.default';
    assert.deepEqual(await foldersOf(await homeWith(profile, '.pki/nssdb'), 'darwin'), [profile]);
    assert.deepEqual(await foldersOf(await homeWith(), 'darwin'), []);
  });
});

describe('without certutil', () => {
  it('the databases are unavailable, with the command that installs it', async () => {
    const {run: noTools} = fakeCommands({});
    for (const [manager, command] of [
      ['/usr/bin/apt-get', 'apt install libnss3-tools'],
      ['/usr/bin/dnf', 'dnf install nss-tools'],
      ['/usr/bin/pacman', 'pacman -S nss'],
      ['/usr/bin/zypper', 'zypper install mozilla-nss-tools'],
      ['/sbin/apk', 'apk add nss-tools'],
    ] as const) {
      const root = await temporaryFolder();
      await place(root, manager);
      const [store] = await readNssStores({home: '/no/home', platform: 'linux', run: noTools, root});
      assert.partialDeepStrictEqual(store, {kind: 'unavailable', reason: `certutil is not installed; ${command}`});
    }
  });

  it('macOS without Firefox lacks nothing', async () => {
    const {run: noTools} = fakeCommands({});
    assert.deepEqual(await readNssStores({home: await homeWith(), platform: 'darwin', run: noTools}), []);
    const home = await homeWith('Library/Application Support/Firefox/Profiles/ab.default');
    const [store] = await readNssStores({home, platform: 'darwin', run: noTools});
    assert.partialDeepStrictEqual(store, {reason: 'certutil is not installed; brew install nss'});
  });
});

describe('a database that cannot be read', () => {
  it('is unavailable with what certutil says', async () => {
    const home = await homeWith('.pki/nssdb');
    const bad = fakeCommands({
      'certutil -H': {exitCode: 1},
      [`certutil -L -d sql:${home}/.pki/nssdb`]: {exitCode: 255, stderr: 'certutil: SEC_ERROR_BAD_DATABASE\n'},
    });
    assert.deepEqual(await readNssStores({home, platform: 'linux', run: bad.run}), [
      {
        kind: 'unavailable',
        name: 'Chromium (~/.pki/nssdb)',
        reason: 'certutil: SEC_ERROR_BAD_DATABASE',
        of: {kind: 'nss', path: `${home}/.pki/nssdb`},
      },
    ]);
  });
});

/** NSS alone: the file system above the databases is empty, so that there is no system store. */
const readFacts = async (home: string): Promise<TrustFacts> =>
  readTrustFacts({home, platform: 'linux', run, root: home});

const statesOf = async (home: string, root: Parameters<typeof checkTrust>[1]): Promise<string[]> =>
  checkTrust(await readFacts(home), root)
    .slice(1)
    .map(({state}) => state);

const certutilList = async (folder: string): Promise<string> =>
  (await run({file: 'certutil', args: ['-L', '-d', `sql:${folder}`]})).stdout;

describe.skipIf(requires('certutil'))('the root in real databases', () => {
  async function homeWithFirefox(): Promise<{home: string; profile: string; chromium: string}> {
    const home = await temporaryFolder();
    const profile = path.join(home, '.mozilla/firefox/ab.default');
    await mkdir(profile, {recursive: true});
    await run({file: 'certutil', args: ['-N', '-d', `sql:${profile}`, '--empty-password']});
    return {home, profile, chromium: path.join(home, '.pki/nssdb')};
  }

  it('is trusted for servers after the plan ran, as the user, in a database made for it too', async () => {
    const {root} = await newAuthority({owner: OWNER});
    const {home, profile, chromium} = await homeWithFirefox();
    assert.deepEqual(await statesOf(home, root), ['not-trusted', 'not-trusted']);
    const plan = planTrust(await readFacts(home), root);
    assert.ok(plan.changes.every(({command}) => !command.elevated));
    await applyPlan(plan, run);
    assert.deepEqual(await statesOf(home, root), ['trusted', 'trusted']);
    for (const folder of [profile, chromium]) {
      assert.match(await certutilList(folder), new RegExp(`^${storeNameOf(root.certificate)} +C,,`, 'm'));
    }
    assert.equal((await stat(path.dirname(chromium))).mode & 0o777, 0o700);
    assert.deepEqual(planTrust(await readFacts(home), root).changes, []);
  });

  it('leaves no trace after it was removed', async () => {
    const {root} = await newAuthority({owner: OWNER});
    const {home, profile, chromium} = await homeWithFirefox();
    await applyPlan(planTrust(await readFacts(home), root), run);
    await applyPlan(planUntrust(await readFacts(home), OWNER, []), run);
    for (const folder of [profile, chromium]) assert.doesNotMatch(await certutilList(folder), /tako/);
    assert.deepEqual(planUntrust(await readFacts(home), OWNER, [root]).changes, []);
  });

  it('takes the place of an earlier root of the same owner', async () => {
    const [{root: old}, {root}] = [await newAuthority({owner: OWNER}), await newAuthority({owner: OWNER})];
    const {home, profile} = await homeWithFirefox();
    await applyPlan(planTrust(await readFacts(home), old), run);
    assert.deepEqual(await statesOf(home, root), ['stale', 'stale']);
    await applyPlan(planTrust(await readFacts(home), root), run);
    assert.deepEqual(await statesOf(home, root), ['trusted', 'trusted']);
    assert.doesNotMatch(await certutilList(profile), new RegExp(storeNameOf(old.certificate)));
  });

  it('stands beside the root of another owner', async () => {
    const [{root: other}, {root}] = [await newAuthority({owner: 'bob@machine'}), await newAuthority({owner: OWNER})];
    const {home} = await homeWithFirefox();
    await applyPlan(planTrust(await readFacts(home), other), run);
    assert.deepEqual(await statesOf(home, root), ['not-trusted', 'not-trusted']);
    await applyPlan(planTrust(await readFacts(home), root), run);
    await applyPlan(planUntrust(await readFacts(home), OWNER, [root]), run);
    assert.deepEqual(await statesOf(home, other), ['trusted', 'trusted']);
  });

  it('is trusted again when a person took its trust away', async () => {
    const {root} = await newAuthority({owner: OWNER});
    const {home, profile} = await homeWithFirefox();
    await applyPlan(planTrust(await readFacts(home), root), run);
    const nickname = storeNameOf(root.certificate);
    await run({file: 'certutil', args: ['-M', '-d', `sql:${profile}`, '-n', nickname, '-t', ',,']});
    assert.deepEqual(await statesOf(home, root), ['trusted', 'not-trusted']);
    const plan = planTrust(await readFacts(home), root);
    assert.deepEqual(
      plan.changes.map(({command}) => lineOf(command)),
      [`certutil -A -d sql:${profile} -n ${nickname} -t C,, -i ${root.file}`],
    );
    await applyPlan(plan, run);
    assert.deepEqual(await statesOf(home, root), ['trusted', 'trusted']);
    assert.ok((await readdir(profile)).includes('cert9.db'));
  });
});
