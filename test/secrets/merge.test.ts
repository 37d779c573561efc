import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {removeSecrets, setSecrets} from '../../src/secrets/change-secrets.js';
import {loadSecretFile, openSecrets, readSecrets} from '../../src/secrets/read-secrets.js';
import {conflictsOf} from '../../src/secrets/secret-file.js';
import {createRandom, type Random} from '../helpers/random.js';
import {runs} from '../helpers/soak.js';
import {hasCode, openPlace, type TestPlace, temporaryFolder} from './support.js';

const GIT_ENVIRONMENT = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.com',
};

/** A repository of real git with secrets on its main branch. */
async function openRepository(values: Values) {
  const directory = temporaryFolder();
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, {cwd: directory, encoding: 'utf8', env: GIT_ENVIRONMENT, stdio: 'pipe'});
  git('init', '-q', '-b', 'main');
  const place = openPlace(directory);
  await setSecrets(place, 'production', toSecrets(values));
  const commit = (): void => {
    git('add', '-A');
    git('commit', '-q', '--allow-empty', '-m', 'change');
  };
  commit();
  return {place, git, commit};
}

type Values = Readonly<Record<string, string>>;
type Edit = {readonly set: Values; readonly remove: readonly string[]};

const toSecrets = (values: Values) => Object.entries(values).map(([name, value]) => ({name, value, expiresOn: null}));

async function apply(place: TestPlace, {set, remove}: Edit): Promise<void> {
  if (Object.keys(set).length > 0) await setSecrets(place, 'production', toSecrets(set));
  if (remove.length > 0) await removeSecrets(place, 'production', remove);
}

/** Both edits on branches of their own, merged. */
async function mergeEdits(base: Values, ours: Edit, theirs: Edit): Promise<TestPlace> {
  const {place, git, commit} = await openRepository(base);
  git('checkout', '-q', '-b', 'theirs');
  await apply(place, theirs);
  commit();
  git('checkout', '-q', 'main');
  await apply(place, ours);
  commit();
  git('merge', '-q', '--no-edit', 'theirs');
  return place;
}

const BASE = {ALPHA: '1', BRAVO: '2', CHARLIE: '3', DELTA: '4'};
const NOTHING: Edit = {set: {}, remove: []};
const read = async ({projectDirectory, keys}: TestPlace): Promise<Values> => ({
  ...(await readSecrets(projectDirectory, 'production', keys)),
});

describe('two branches, merged by git', () => {
  it.each<[string, Edit, Edit, Values]>([
    [
      'have added secrets at the same place',
      {...NOTHING, set: {BETA: 'ours'}},
      {...NOTHING, set: {BLUE: 'theirs'}},
      {...BASE, BETA: 'ours', BLUE: 'theirs'},
    ],
    [
      'have changed neighbours',
      {...NOTHING, set: {BRAVO: 'ours'}},
      {...NOTHING, set: {CHARLIE: 'theirs'}},
      {...BASE, BRAVO: 'ours', CHARLIE: 'theirs'},
    ],
    [
      'have added one beside one that the other changed',
      {...NOTHING, set: {BRAVO: 'ours'}},
      {...NOTHING, set: {BRAVO_2: 'theirs', AZURE: 'theirs'}},
      {...BASE, BRAVO: 'ours', BRAVO_2: 'theirs', AZURE: 'theirs'},
    ],
    [
      'have removed one and changed another',
      {set: {}, remove: ['ALPHA']},
      {...NOTHING, set: {CHARLIE: 'theirs'}},
      {BRAVO: '2', CHARLIE: 'theirs', DELTA: '4'},
    ],
    [
      'have changed what the other removed: it stays',
      {set: {}, remove: ['BRAVO']},
      {...NOTHING, set: {BRAVO: 'theirs'}},
      {...BASE, BRAVO: 'theirs'},
    ],
  ])('that %s', async (_, ours, theirs, expected) => {
    assert.deepEqual(await read(await mergeEdits(BASE, ours, theirs)), expected);
  });

  it('that have changed the same secret leave both values, and somebody decides', async () => {
    const place = await mergeEdits(BASE, {...NOTHING, set: {BRAVO: 'ours'}}, {...NOTHING, set: {BRAVO: 'theirs'}});
    await assert.rejects(read(place), hasCode('SECRETS_CONFLICT', /^production\/BRAVO has two values/));
    await setSecrets(place, 'production', toSecrets({BRAVO: 'decided'}));
    assert.deepEqual(await read(place), {...BASE, BRAVO: 'decided'});
  });

  it('that have each made an environment keep both keys, and read both values', async () => {
    const {place, git, commit} = await openRepository(BASE);
    git('checkout', '-q', '-b', 'theirs');
    await setSecrets(place, 'staging', toSecrets({THEIRS: '2'}));
    commit();
    git('checkout', '-q', 'main');
    await setSecrets(place, 'staging', toSecrets({OURS: '1'}));
    commit();
    git('merge', '-q', '--no-edit', 'theirs');
    assert.deepEqual({...(await readSecrets(place.projectDirectory, 'staging', place.keys))}, {OURS: '1', THEIRS: '2'});
  });

  it('without the rule for git are told how to merge, and that is enough', async () => {
    const {place, git, commit} = await openRepository(BASE);
    writeFileSync(path.join(place.projectDirectory, '.tako', '.gitattributes'), '');
    commit();
    git('checkout', '-q', '-b', 'theirs');
    await apply(place, {...NOTHING, set: {BLUE: 'theirs'}});
    commit();
    git('checkout', '-q', 'main');
    await apply(place, {...NOTHING, set: {BETA: 'ours'}});
    commit();
    assert.throws(() => git('merge', '-q', '--no-edit', 'theirs'));
    await assert.rejects(read(place), hasCode('SECRETS_CONFLICT'));
    const unmarked = readFileSync(place.file, 'utf8').replace(/^(?:<{7}|={7}|>{7}).*\n/gm, '');
    writeFileSync(place.file, unmarked);
    assert.deepEqual(await read(place), {...BASE, BETA: 'ours', BLUE: 'theirs'});
  });
});

const NAMES = Array.from({length: 12}, (_, place) => `KEY_${String.fromCharCode(65 + place)}`);

function randomEdit(random: Random, base: Values, mark: string): Edit {
  const set: Record<string, string> = {};
  const remove = new Set<string>();
  for (let change = 0; change <= random.below(4); change++) {
    const name = NAMES[random.below(NAMES.length)] ?? '';
    if (random.below(4) === 0 && name in base && !(name in set)) remove.add(name);
    else if (!remove.has(name)) set[name] = `${mark} ${random.below(1_000)}`;
  }
  return {set, remove: [...remove]};
}

describe('any edits of two branches', () => {
  it('lose no value that a branch has set, and invent none', async () => {
    const random = createRandom(2026);
    for (let run = 0; run < runs(4); run++) {
      const base: Record<string, string> = {};
      for (let count = 0; count <= random.below(8); count++) base[NAMES[random.below(NAMES.length)] ?? ''] = 'base';
      const [ours, theirs] = [randomEdit(random, base, 'ours'), randomEdit(random, base, 'theirs')];
      const place = await mergeEdits(base, ours, theirs);
      const file = await loadSecretFile(place.projectDirectory);
      const conflicts = conflictsOf(file);
      const told = JSON.stringify({base, ours, theirs, conflicts});
      for (const name of NAMES) {
        const isOpen = conflicts.includes(`production/${name}`);
        const alternatives = await valuesOf(place, name);
        for (const {set} of [ours, theirs]) {
          if (set[name] !== undefined) assert.ok(alternatives.includes(set[name]), `${name} is lost: ${told}`);
        }
        const known = [base[name], ours.set[name], theirs.set[name]];
        assert.ok(
          alternatives.every(value => known.includes(value)),
          `${name} is invented: ${told}`,
        );
        assert.equal(alternatives.length > 1, isOpen, told);
        const isUntouched = [ours, theirs].every(({set, remove}) => !(name in set) && !remove.includes(name));
        if (isUntouched) assert.deepEqual(alternatives, base[name] === undefined ? [] : [base[name]], told);
      }
    }
  });
});

/** All values that the file has for a name. */
async function valuesOf(place: TestPlace, name: string): Promise<readonly (string | undefined)[]> {
  const file = await loadSecretFile(place.projectDirectory);
  const entries = file.entries.filter(entry => entry.name === name);
  return Promise.all(
    entries.map(async entry => (await openSecrets({...file, entries: [entry]}, 'production', place.keys))[name]),
  );
}
