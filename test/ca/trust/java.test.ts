import assert from 'node:assert/strict';
import {existsSync} from 'node:fs';
import {copyFile, mkdir, realpath, symlink} from 'node:fs/promises';
import path from 'node:path';
import {describe, it} from 'vitest';
import {type RootCertificate, storeNameOf} from '../../../src/ca/root.js';
import {applyPlan} from '../../../src/ca/trust/apply-plan.js';
import {planJava, readJavaStores} from '../../../src/ca/trust/java.js';
import {findJavaHomes} from '../../../src/ca/trust/java-homes.js';
import {checkTrust, planTrust, planUntrust} from '../../../src/ca/trust/trust.js';
import type {JavaStore, TrustWorld} from '../../../src/ca/trust/trust-store.js';
import {run} from '../../../src/system/exec.js';
import {isSoak} from '../../helpers/soak.js';
import {requires} from '../../helpers/system-parts.js';
import {temporaryFolder} from '../../x509/support.js';
import {newAuthority} from '../support.js';
import {fakeCommands, lineOf, place} from './support.js';

const OWNER = 'ann@machine';
const KEYSTORE = 'lib/security/cacerts';
/** Debian's, made by the update of the system's store. */
const DERIVED = '/etc/ssl/certs/java/cacerts';

/** A link in the place of a file below `root`. */
async function placeLink(root: string, file: string, target: string): Promise<void> {
  await mkdir(path.dirname(path.join(root, file)), {recursive: true});
  await symlink(target, path.join(root, file));
}

const worldOf = (root: string, environment: NodeJS.ProcessEnv = {}): TrustWorld => ({
  home: '/home/ann',
  platform: 'linux',
  run: fakeCommands({}).run,
  root,
  environment,
});

describe('every Java of a machine', () => {
  it('is found by JAVA_HOME, by PATH, and where they are usually put, each keystore once', async () => {
    const root = await temporaryFolder();
    for (const home of ['/srv/jdk', '/opt/graal', '/usr/lib/jvm/temurin', '/home/ann/.sdkman/candidates/java/21']) {
      await place(root, `${home}/${KEYSTORE}`);
    }
    await place(root, `/usr/lib/jvm/eight/jre/${KEYSTORE}`);
    await place(root, '/opt/graal/bin/java');
    await placeLink(root, '/usr/bin/java', '/etc/alternatives/java');
    await placeLink(root, '/etc/alternatives/java', '/opt/graal/bin/java');
    await placeLink(root, '/usr/lib/jvm/default', 'temurin');
    await placeLink(root, '/home/ann/.sdkman/candidates/java/current', '21');
    const found = await findJavaHomes(worldOf(root, {JAVA_HOME: '/srv/jdk', PATH: '/nowhere:/usr/bin'}));
    assert.deepEqual(found.map(({keystore}) => keystore).sort(), [
      `/home/ann/.sdkman/candidates/java/21/${KEYSTORE}`,
      `/opt/graal/${KEYSTORE}`,
      `/srv/jdk/${KEYSTORE}`,
      `/usr/lib/jvm/eight/jre/${KEYSTORE}`,
      `/usr/lib/jvm/temurin/${KEYSTORE}`,
    ]);
    assert.deepEqual(await findJavaHomes(worldOf(await temporaryFolder(), {JAVA_HOME: '/gone'})), []);
  });

  it("is known to read the system's store where its list is made of that, and is not changed", async () => {
    const root = await temporaryFolder();
    await place(root, DERIVED);
    for (const home of ['17', '25']) await placeLink(root, `/usr/lib/jvm/${home}/${KEYSTORE}`, DERIVED);
    const [store, ...others] = await readJavaStores(worldOf(root));
    assert.deepEqual(others, []);
    assert.partialDeepStrictEqual(store, {kind: 'java', keystore: DERIVED, isDerived: true});
    assert.deepEqual(planJava(store as JavaStore, {add: (await newAuthority()).root, remove: []}), []);
  });

  it('cannot be changed without its keytool', async () => {
    const root = await temporaryFolder();
    await place(root, `/opt/jre/${KEYSTORE}`);
    const [store] = await readJavaStores(worldOf(root, {JAVA_HOME: '/opt/jre'}));
    assert.partialDeepStrictEqual(store, {
      kind: 'unavailable',
      reason: '/opt/jre/bin/keytool is not there, and it is what changes /opt/jre/lib/security/cacerts',
    });
  });

  it('is changed with rights only where the user has none', async () => {
    const {root} = await newAuthority();
    const store: Omit<JavaStore, 'isElevated'> = {
      kind: 'java',
      name: 'Java (/opt/jdk)',
      keystore: `/opt/jdk/${KEYSTORE}`,
      keytool: '/opt/jdk/bin/keytool',
      isDerived: false,
      roots: [],
    };
    for (const isElevated of [true, false]) {
      const [change] = planJava({...store, isElevated}, {add: root, remove: []});
      assert.equal(change?.command.elevated, isElevated);
      assert.equal(
        change && lineOf(change.command),
        `/opt/jdk/bin/keytool -importcert -noprompt -alias ${storeNameOf(root.certificate)} -file ${root.file} -keystore ${store.keystore} -storepass changeit`,
      );
    }
  });
});

describe.skipIf(requires('java', 'keytool'))("the root in a JDK's own list", () => {
  /** A JDK with a list of its own, in a form that JDKs have it in. */
  async function jdkWith(make: (keystore: string, keytool: string) => Promise<void>): Promise<TrustWorld> {
    const root = await temporaryFolder();
    const keytool = await realpath('/usr/bin/keytool');
    await placeLink(root, 'jdk/bin/keytool', keytool);
    await mkdir(path.join(root, 'jdk/lib/security'), {recursive: true});
    await make(path.join(root, 'jdk', KEYSTORE), keytool);
    const home = await temporaryFolder();
    return {home, platform: 'linux', run, environment: {JAVA_HOME: path.join(root, 'jdk')}};
  }

  /** That JDK alone, whatever Javas this machine has. */
  async function factsOf(world: TrustWorld) {
    const stores = await readJavaStores(world);
    const own = stores.filter(({name}) => name.includes(world.environment?.JAVA_HOME ?? '-'));
    assert.equal(own.length, 1);
    return {stores: own, installed: [], gone: []};
  }

  async function create(keystore: string, keytool: string, protection: string): Promise<void> {
    const {root} = await newAuthority({owner: 'someone@else'});
    const {exitCode, stdout} = await run({
      file: keytool,
      args: [
        ...[`-J-Dkeystore.pkcs12.certProtectionAlgorithm=${protection}`, '-importcert', '-noprompt', '-alias', 'other'],
        ...['-file', root.file, '-keystore', keystore, '-storetype', 'PKCS12', '-storepass', 'changeit'],
      ],
    });
    assert.equal(exitCode, 0, stdout);
  }

  const stateOf = async (world: TrustWorld, root: RootCertificate) =>
    checkTrust(await factsOf(world), root).map(({state}) => state);

  const FORMS: Readonly<Record<string, (keystore: string, keytool: string) => Promise<void>>> = {
    'PKCS #12 without a password, as since JDK 18': (keystore, keytool) => create(keystore, keytool, 'NONE'),
    // keytool itself reads it, and a Java is started for each look.
    ...(isSoak
      ? {
          'PKCS #12 with encrypted certificates': (keystore, keytool) =>
            create(keystore, keytool, 'PBEWithHmacSHA256AndAES_256'),
        }
      : {}),
    ...(existsSync(DERIVED) ? {'JKS, as Debian makes it': keystore => copyFile(DERIVED, keystore)} : {}),
  };
  for (const [form, make] of Object.entries(FORMS)) {
    it(`is found by its fingerprint, installed, replaced and removed in ${form}`, {timeout: 120_000}, async () => {
      const world = await jdkWith(make);
      const [{root: old}, {root}] = [await newAuthority({owner: OWNER}), await newAuthority({owner: OWNER})];
      assert.deepEqual(await stateOf(world, old), ['not-trusted']);
      await applyPlan(planTrust(await factsOf(world), old), run);
      assert.deepEqual(await stateOf(world, old), ['trusted']);
      assert.deepEqual(await stateOf(world, root), ['stale']);
      await applyPlan(planTrust(await factsOf(world), root), run);
      assert.deepEqual(await stateOf(world, root), ['trusted']);
      assert.deepEqual(planTrust(await factsOf(world), root).changes, []);
      await applyPlan(planUntrust(await factsOf(world), OWNER, []), run);
      assert.deepEqual(await stateOf(world, root), ['not-trusted']);
      assert.deepEqual(await stateOf(world, old), ['not-trusted']);
    });
  }

  it('is read as often as it is there', {timeout: 60_000}, async () => {
    const {root} = await newAuthority({owner: OWNER});
    const world = await jdkWith(async (keystore, keytool) => {
      for (const alias of ['one', 'two']) {
        const args = ['-importcert', '-noprompt', '-alias', alias, '-file', root.file, '-keystore', keystore];
        const plain = '-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE';
        await run({file: keytool, args: [plain, ...args, '-storetype', 'PKCS12', '-storepass', 'changeit']});
      }
    });
    const places = planUntrust(await factsOf(world), OWNER, []).changes.map(({description}) => description);
    assert.deepEqual(places.sort(), ['remove one', 'remove two']);
  });

  it('is removed by the name that a person gave it', {timeout: 60_000}, async () => {
    const world = await jdkWith((keystore, keytool) => create(keystore, keytool, 'NONE'));
    const changes = planUntrust(await factsOf(world), 'someone@else', []).changes.map(({command}) => lineOf(command));
    assert.equal(changes.length, 1);
    assert.match(changes[0] ?? '', / -delete -alias other /);
  });
});
