import assert from 'node:assert/strict';
import {readFileSync, statSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {adoptKey, createKey, type NewSecret, removeSecrets, setSecrets} from '../../src/secrets/change-secrets.js';
import {loadSecretFile, readSecretNames, readSecrets} from '../../src/secrets/read-secrets.js';
import {createRandom} from '../helpers/random.js';
import {runs} from '../helpers/soak.js';
import {hasCode, openPlace, type TestPlace, temporaryFolder} from './support.js';

const secret = (name: string, value: string, expiresOn: string | null = null) => ({name, value, expiresOn});
const read = ({projectDirectory, keys}: TestPlace, environment = 'production') =>
  readSecrets(projectDirectory, environment, keys).then(values => ({...values}));

describe('a secret', () => {
  it('is read as it was set, several lines and all', async () => {
    const place = openPlace();
    const pem = '-----BEGIN KEY-----\nabc"\\\n\tü€😀\r\n-----END KEY-----\n';
    await setSecrets(place, 'production', [secret('PEM', pem), secret('API_KEY', 'sk_live_1')]);
    assert.deepEqual(await read(place), {PEM: pem, API_KEY: 'sk_live_1'});
    assert.deepEqual(await read(place, 'staging'), {});
  });

  it('may be as long as a variable may, and all of an environment as long as it takes', async () => {
    const place = openPlace();
    const secrets = Array.from({length: 10}, (_, number) => secret(`KEY_${number}`, `${number}"`.repeat(48_000)));
    await setSecrets(place, 'production', secrets);
    assert.equal((await read(place)).KEY_9, '9"'.repeat(48_000));
  });

  it('stands in the file by its name only, which no key is needed for', async () => {
    const place = openPlace();
    await setSecrets(place, 'production', [secret('API_KEY', 'canary-value', '2031-01-31')]);
    assert.ok(!place.text().includes('canary-value'));
    assert.deepEqual({...(await readSecretNames(place.projectDirectory))}, {production: ['API_KEY']});
    assert.equal(statSync(place.file).mode & 0o777, 0o600);
  });

  it('has another text in the file each time it is set', async () => {
    const place = openPlace();
    await setSecrets(place, 'production', [secret('API_KEY', 'same')]);
    const before = place.text();
    await setSecrets(place, 'production', [secret('API_KEY', 'same')]);
    assert.notEqual(place.text(), before);
    assert.deepEqual(await read(place), {API_KEY: 'same'});
  });

  it.each(['api_key', '1KEY', 'A-B', '', 'TAKO_TOKEN', 'PORT', 'A'.repeat(256)])('cannot be called %j', async name => {
    const place = openPlace();
    await assert.rejects(setSecrets(place, 'production', [secret(name, 'x')]), hasCode('SECRET_NAME_INVALID'));
    assert.deepEqual({...(await readSecretNames(place.projectDirectory))}, {});
  });

  it.each([
    ['is empty', ''],
    ['has a NUL', 'a\0b'],
    ['is no Unicode', '\ud800'],
    ['is more than a variable holds', 'x'.repeat(100_000)],
  ])('cannot have a value that %s, and the value is in no message', async (_, value) => {
    const place = openPlace();
    await assert.rejects(setSecrets(place, 'production', [secret('API_KEY', value)]), error => {
      assert.ok(hasCode('SECRET_VALUE_INVALID')(error));
      assert.ok((error as Error).message.length < 200);
      return true;
    });
  });

  it('that is removed is gone, and one that is not there removes nothing', async () => {
    const place = openPlace();
    await setSecrets(place, 'production', [secret('A', '1'), secret('B', '2')]);
    await assert.rejects(removeSecrets(place, 'production', ['A', 'C']), hasCode('NO_SUCH_SECRET'));
    assert.deepEqual(await read(place), {A: '1', B: '2'});
    await removeSecrets(place, 'production', ['A']);
    assert.deepEqual(await read(place), {B: '2'});
  });

  it('cannot be read without the key, whoever has the file', async () => {
    const place = openPlace();
    await setSecrets(place, 'production', [secret('A', '1')]);
    const stranger = openPlace(place.projectDirectory);
    await assert.rejects(read(stranger), hasCode('SECRET_KEY_MISSING', /production/));
    await assert.rejects(setSecrets(stranger, 'production', [secret('B', '2')]), hasCode('SECRET_KEY_MISSING'));
    assert.deepEqual(await read(place), {A: '1'});
  });
});

describe('several commands at once', () => {
  it('lose nothing of what each of them sets', async () => {
    const place = openPlace();
    const names = Array.from({length: 12}, (_, number) => `KEY_${number}`);
    await Promise.all(names.map(name => setSecrets(place, 'production', [secret(name, name.toLowerCase())])));
    assert.deepEqual(Object.entries(await read(place)).sort(), names.map(name => [name, name.toLowerCase()]).sort());
  });
});

describe('another key', () => {
  it('takes the place of the one before, which reads nothing any more', async () => {
    const place = openPlace();
    await setSecrets(place, 'production', [secret('A', '1', '2031-01-31')]);
    const before = (await loadSecretFile(place.projectDirectory)).keys[0]?.keyId ?? '';
    const key = createKey();
    await place.keys.save(key);
    await adoptKey(place, 'production', key);
    assert.ok(!place.text().includes(before));
    await place.keys.remove(before);
    assert.deepEqual(await read(place), {A: '1'});
    assert.equal((await loadSecretFile(place.projectDirectory)).entries[0]?.expiresOn, '2031-01-31');
  });

  it('is not taken while something cannot be read with the one before', async () => {
    const place = openPlace();
    await setSecrets(place, 'production', [secret('A', '1')]);
    const before = place.text();
    const stranger = openPlace(place.projectDirectory, temporaryFolder());
    const key = createKey();
    await stranger.keys.save(key);
    await assert.rejects(adoptKey(stranger, 'production', key), hasCode('SECRET_KEY_MISSING'));
    assert.equal(place.text(), before);
  });
});

describe('the folder of the file', () => {
  it('tells git how to merge it, unless somebody has said something else', async () => {
    const place = openPlace();
    const rules = path.join(path.dirname(place.file), '.gitattributes');
    await setSecrets(place, 'production', [secret('A', '1')]);
    assert.equal(readFileSync(rules, 'utf8'), 'secrets.json merge=union\n');
  });
});

describe('any sequence of changes', () => {
  it('leaves what was set last, with its day, and nothing else', async () => {
    const random = createRandom(99);
    const names = ['ALPHA', 'BRAVO', 'CHARLIE', 'DELTA'];
    const environments = ['development', 'production', 'staging'];
    const place = openPlace();
    const model = new Map<string, Map<string, NewSecret>>(environments.map(name => [name, new Map()]));
    for (let step = 0; step < runs(40); step++) {
      const environment = environments[random.below(3)] ?? '';
      const name = names[random.below(4)] ?? '';
      const known = model.get(environment) as Map<string, NewSecret>;
      const kind = random.below(10);
      if (kind === 0) {
        const key = createKey();
        await place.keys.save(key);
        await adoptKey(place, environment, key);
      } else if (kind < 4) {
        const removal = removeSecrets(place, environment, [name]);
        if (known.delete(name)) await removal;
        else await assert.rejects(removal, hasCode('NO_SUCH_SECRET'));
      } else {
        const value = random
          .bytes(1 + random.below(40))
          .toString('latin1')
          .replaceAll('\0', '0');
        const given = secret(name, value, random.below(3) === 0 ? `203${random.below(10)}-01-31` : null);
        await setSecrets(place, environment, [given]);
        known.set(name, given);
      }
      const expected = [...known.values()].map(({name, value}) => [name, value] as const);
      assert.deepEqual(await read(place, environment), Object.fromEntries(expected), `step ${step}`);
    }
    const {entries} = await loadSecretFile(place.projectDirectory);
    const kept = [...model].flatMap(([environment, known]) =>
      [...known.values()].map(({name, expiresOn}) => `${environment}/${name} ${expiresOn}`),
    );
    assert.deepEqual(entries.map(entry => `${entry.environment}/${entry.name} ${entry.expiresOn}`).sort(), kept.sort());
  });
});
