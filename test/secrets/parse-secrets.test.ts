import assert from 'node:assert/strict';
import {createCipheriv, randomBytes} from 'node:crypto';
import {describe, it} from 'vitest';
import {setSecrets} from '../../src/secrets/change-secrets.js';
import {parseSecrets} from '../../src/secrets/parse-secrets.js';
import {openSecrets, readSecrets} from '../../src/secrets/read-secrets.js';
import {renderSecrets} from '../../src/secrets/render-secrets.js';
import {errorCode, TakoError} from '../../src/system/error.js';
import {createRandom} from '../helpers/random.js';
import {runs} from '../helpers/soak.js';
import {hasCode, memoryKeys, openPlace} from './support.js';

async function written() {
  const place = openPlace();
  await setSecrets(place, 'production', [
    {name: 'API_KEY', value: 'first value', expiresOn: '2031-01-31'},
    {name: 'DATABASE_URL', value: 'second value', expiresOn: null},
    {name: 'PEM', value: 'third value', expiresOn: null},
  ]);
  await setSecrets(place, 'staging', [{name: 'API_KEY', value: 'fourth value', expiresOn: null}]);
  return place;
}

describe('a file that was changed', () => {
  it('between two entries is refused with the name of the one that does not belong there', async () => {
    const {text, keys} = await written();
    const lines = text().split('\n');
    const value = (entry: string): number => lines.findIndex(line => line.includes(`"${entry}": `));
    for (const [from, to] of [
      ['production/API_KEY', 'production/DATABASE_URL'],
      ['production/DATABASE_URL', 'production/PEM'],
    ] as const) {
      const moved = lines
        .map((line, place) => (place === value(to) ? (lines[value(from)] ?? '').replace(from, to) : line))
        .join('\n');
      await assert.rejects(
        openSecrets(parseSecrets(moved), 'production', keys),
        hasCode('SECRET_DAMAGED', new RegExp(`^${to} cannot`)),
      );
    }
  });

  it('of an environment to another is refused, with the same key or without', async () => {
    const {text, keys} = await written();
    const moved = text().replaceAll('"staging', '"preview');
    await assert.rejects(
      openSecrets(parseSecrets(moved), 'preview', keys),
      hasCode('SECRET_DAMAGED', /^preview\/API_KEY cannot/),
    );
  });

  it('in its day of expiry is refused', async () => {
    const {text, keys} = await written();
    const later = text().replace('2031-01-31', '2041-01-31');
    await assert.rejects(
      openSecrets(parseSecrets(later), 'production', keys),
      hasCode('SECRET_DAMAGED', /^production\/API_KEY cannot/),
    );
  });

  it('in any character of a value is refused with the name of its entry', async () => {
    const {text, keys} = await written();
    const lines = text().split('\n');
    const place = lines.findIndex(line => line.includes('"production/PEM": '));
    const line = lines[place] ?? '';
    const [start, end] = [line.indexOf(':', line.indexOf('"value": "') + 10) + 1, line.lastIndexOf('"')];
    const random = createRandom(11);
    for (let run = 0; run < runs(60); run++) {
      const at = start + random.below(end - start);
      const other = line[at] === 'A' ? 'B' : 'A';
      const changed = [...lines];
      changed[place] = line.slice(0, at) + other + line.slice(at + 1);
      const reading = async (): Promise<unknown> => openSecrets(parseSecrets(changed.join('\n')), 'production', keys);
      await assert.rejects(reading, error => /production\/PEM/.test((error as Error).message));
    }
  });

  it('names every entry that cannot be read, and gives none of the others', async () => {
    const place = await written();
    const other = memoryKeys();
    const {keys: lines} = parseSecrets(place.text());
    await other.save({id: lines[0]?.keyId ?? '', bytes: randomBytes(32)});
    await assert.rejects(
      readSecrets(place.projectDirectory, 'production', other),
      hasCode('SECRET_DAMAGED', /^production\/API_KEY, production\/DATABASE_URL, production\/PEM cannot/),
    );
  });
});

describe('a file that was cut off', () => {
  it('is refused wherever that was, and names the last entry that it has', async () => {
    const {text} = await written();
    const whole = text();
    for (let length = 0; length < whole.trimEnd().length; length++) {
      assert.throws(
        () => parseSecrets(whole.slice(0, length)),
        error => {
          assert.ok(hasCode('SECRETS_INVALID')(error), `at ${length}: ${error}`);
          const begun = [...whole.slice(0, length).matchAll(/^ {2}"\[?([a-z/A-Z_]+)\]?":/gm)].at(-1)?.[1];
          return begun === undefined || (error as Error).message.includes(`the entry ${begun} `);
        },
      );
    }
  });

  it('between two lines is refused too, although what is left may be closed again', async () => {
    const {text} = await written();
    const lines = text().trimEnd().split('\n');
    assert.throws(
      () => parseSecrets(`${lines.slice(0, 4).join('\n').replace(/,$/, '')}\n}\n`),
      hasCode('SECRETS_INVALID'),
    );
  });
});

describe('a file that is none', () => {
  it.each([
    ['nothing', ''],
    ['a list', '[]'],
    ['an environment that cannot be', '{"$format": 2, "Production": {"key": "0123456789abcdef"}, "$end": 2}'],
    ['an unknown section', '{"$format": 2, "a/other/b": {"opaque": "x"}, "$end": 2}'],
    ['a key that would be a path', '{"$format": 2, "a": {"key": "../../../etc/pass"}, "$end": 2}'],
    ['a field of its own', '{"$format": 2, "a": {"key": "0123456789abcdef", "more": 1}, "$end": 2}'],
    ['no value', '{"$format": 2, "a/B": {}, "$end": 2}'],
    ['something between entries', '{"$format": 2, "[a": 1, "$end": 2}'],
    ['a newer format', '{"$format": 3, "$end": 3}'],
    [
      'a day that is none',
      '{"production": {"key_id": "0123456789abcdef", "app": {"A": {"value": "x", "expires_on": "2031-02-31"}}}}',
    ],
  ])('is refused: %s', (_, text) => {
    assert.throws(() => parseSecrets(text), hasCode('SECRETS_INVALID'));
  });

  it('that git has not merged is told apart, with its line', async () => {
    const {text} = await written();
    const lines = text().split('\n');
    lines.splice(4, 0, '<<<<<<< HEAD');
    assert.throws(() => parseSecrets(lines.join('\n')), hasCode('SECRETS_CONFLICT', /line 5/));
  });

  it('never makes the parser throw anything but what it says', async () => {
    const {text} = await written();
    const random = createRandom(7);
    const pieces = [
      '"',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '\\',
      '\n',
      'null',
      '"$end": 2',
      '"a": {}',
      '\u0000',
      'ü',
      '<<<<<<< ',
    ];
    for (let run = 0; run < runs(3_000); run++) {
      let changed = text();
      for (let edit = 0; edit <= random.below(4); edit++) {
        const at = random.below(changed.length);
        const piece = pieces[random.below(pieces.length)] ?? '';
        changed = changed.slice(0, at) + piece + changed.slice(at + random.below(3));
      }
      try {
        parseSecrets(changed);
      } catch (error) {
        assert.ok(error instanceof TakoError, String(error));
        assert.ok(['SECRETS_INVALID', 'SECRETS_CONFLICT'].includes(errorCode(error) ?? ''));
      }
    }
  });
});

describe('what is written', () => {
  it('is read as the same, and written as the same again', async () => {
    const {text} = await written();
    assert.equal(renderSecrets(parseSecrets(text())), text());
  });
});

// The existing format, made here as it is described: base64 of nonce, AES-256-GCM ciphertext and tag, nothing bound to it.
const KEY = {id: '00112233445566aa', bytes: Buffer.alloc(32, 7)};
function sealAsBefore(value: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', KEY.bytes, nonce);
  return Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()]).toString('base64');
}
const EXISTING = {
  production: {
    key_id: KEY.id,
    backup_keys: [{id: 'backup-key-0123456789abcdef', value: 'whatever it is'}],
    app: {
      API_KEY: {value: sealAsBefore('sk_live'), expires_on: '2031-01-31'},
      DATABASE_URL: {value: sealAsBefore('postgres://')},
    },
    storages: {media: {access_key_id: {value: sealAsBefore('id')}, secret_access_key: {value: sealAsBefore('key')}}},
    credentials: {postgres_url: {value: sealAsBefore('postgres://tako')}},
  },
  staging: {key_id: 'ffffffffffffffff', app: {API_KEY: {value: 'AAAA'}}},
};

describe('a file of the existing format', () => {
  it('is read', async () => {
    const values = await openSecrets(parseSecrets(JSON.stringify(EXISTING)), 'production', memoryKeys(KEY));
    assert.deepEqual({...values}, {API_KEY: 'sk_live', DATABASE_URL: 'postgres://'});
  });

  it('becomes one of ours with the next change, and loses nothing', async () => {
    const place = openPlace();
    await place.keys.save(KEY);
    place.write(JSON.stringify(EXISTING, null, 2));
    await setSecrets(place, 'production', [{name: 'NEW', value: 'new', expiresOn: null}]);
    const file = parseSecrets(place.text());
    assert.equal(file.format, 2);
    assert.deepEqual(
      file.entries.map(({environment, name, sealed, expiresOn}) => [`${environment}/${name}`, sealed.kind, expiresOn]),
      [
        ['production/API_KEY', 'bound', '2031-01-31'],
        ['production/DATABASE_URL', 'bound', null],
        ['production/NEW', 'bound', null],
        ['production/backup_keys/backup-key-0123456789abcdef', 'opaque', null],
        ['production/credentials/postgres_url', 'bound', null],
        ['production/storages/media/access_key_id', 'bound', null],
        ['production/storages/media/secret_access_key', 'bound', null],
        // Nobody here has its key.
        ['staging/API_KEY', 'unbound', null],
      ],
    );
    assert.deepEqual(
      {...(await readSecrets(place.projectDirectory, 'production', place.keys))},
      {API_KEY: 'sk_live', DATABASE_URL: 'postgres://', NEW: 'new'},
    );
  });

  it('with a value twice is a conflict, as JSON would keep the last one only', () => {
    const twice = `{"production": {"key_id": "${KEY.id}", "app": {"A": {"value": "AAAA"}, "A": {"value": "BBBB"}}}}`;
    return assert.rejects(
      openSecrets(parseSecrets(twice), 'production', memoryKeys(KEY)),
      hasCode('SECRETS_CONFLICT', /^production\/A has two values/),
    );
  });

  it.each([
    ['an unknown field', {production: {...EXISTING.production, more: 1}}],
    ['a value that is none', {production: {key_id: KEY.id, app: {A: 'plain'}}}],
    ['a value that nobody can have encrypted', {production: {key_id: KEY.id, app: {A: {value: 'not base64!'}}}}],
    ['a storage without a name', {production: {key_id: KEY.id, storages: {'': {key: {value: 'AAAA'}}}}}],
    ['a name that cannot be', {production: {key_id: KEY.id, app: {'../A': {value: 'AAAA'}}}}],
  ])('with %s is refused', (_, document) => {
    assert.throws(() => parseSecrets(JSON.stringify(document)), hasCode('SECRETS_INVALID'));
  });
});
