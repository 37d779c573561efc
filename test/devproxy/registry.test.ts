import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {closeSync, openSync, readdirSync, readFileSync, statSync, writeFileSync, writeSync} from 'node:fs';
import path from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import {describe, it, onTestFinished} from 'vitest';
import {openRegistry, type Registry} from '../../src/devproxy/registry.js';
import {errorCode} from '../../src/system/error.js';
import {registrationOf, temporaryFolder} from './support.js';

const newFile = (): string => path.join(temporaryFolder(), 'registry.sqlite');

type Opened = {readonly registry: Registry; readonly damaged: readonly string[]};

function open(file: string): Opened {
  const damaged: string[] = [];
  const registry = openRegistry(file, line => damaged.push(/kept as (.*)$/.exec(line)?.[1] ?? line));
  onTestFinished(() => registry.close());
  return {registry, damaged};
}

/** Opens, uses and closes. */
function use(file: string, work: (registry: Registry) => void): void {
  const registry = openRegistry(file, () => undefined);
  work(registry);
  registry.close();
}

const namesOf = (registry: Registry): string[] => registry.apps().map(({name}) => name);

describe('the registry', () => {
  it('begins empty', () => {
    const {registry, damaged} = open(newFile());
    assert.deepEqual([registry.apps(), registry.instances.all(), damaged], [[], [], []]);
  });

  it('has the apps again when it is opened again, oldest first', () => {
    const file = newFile();
    const [web, api] = [registrationOf('web', {environment: {NAME: 'ünï\n"'}}), registrationOf('api')];
    use(file, ({save}) => [web, api].forEach(save));
    assert.deepEqual(open(file).registry.apps(), [web, api]);
  });

  it('replaces what it knows of an app and keeps its place', () => {
    const {registry} = open(newFile());
    for (const name of ['web', 'api']) registry.save(registrationOf(name));
    const changed = registrationOf('web', {command: ['node', 'other.js']});
    registry.save(changed);
    assert.deepEqual(registry.apps(), [changed, registrationOf('api')]);
  });

  it('forgets an app that is removed, and minds none that is not there', () => {
    const {registry} = open(newFile());
    for (const name of ['web', 'api']) registry.save(registrationOf(name));
    registry.remove('web');
    registry.remove('nobody');
    assert.deepEqual(namesOf(registry), ['api']);
  });

  it('keeps nothing of the environment of an app that was removed', () => {
    const file = newFile();
    const {registry} = open(file);
    registry.save(registrationOf('web', {environment: {SECRET: 'correct-horse-battery'}}));
    registry.save(registrationOf('api'));
    registry.remove('web');
    for (const part of [file, `${file}-wal`]) assert.doesNotMatch(readFileSync(part, 'latin1'), /correct-horse/);
  });

  it('leaves out an app it cannot read, and has the others', () => {
    const file = newFile();
    use(file, ({save}) => [registrationOf('web'), registrationOf('api')].forEach(save));
    const database = new DatabaseSync(file);
    database.exec(`UPDATE apps SET registration = '{"name": "web"}' WHERE name = 'web'`);
    database.close();
    assert.deepEqual(namesOf(open(file).registry), ['api']);
  });

  it('is readable by its user only, with all that belongs to it', () => {
    const file = newFile();
    const {registry} = open(file);
    registry.save(registrationOf('web'));
    for (const part of readdirSync(path.dirname(file))) {
      assert.equal(statSync(path.join(path.dirname(file), part)).mode & 0o777, 0o600, part);
    }
  });

  it('keeps processes until they are removed', () => {
    const file = newFile();
    use(file, ({instances}) => {
      for (const id of ['a', 'b', 'c']) instances.add({id, app: 'web', pid: undefined, startTime: undefined});
      instances.setPid('a', 4711, 'boot/1');
      instances.setPid('b', 4712, undefined);
      instances.remove('c');
    });
    assert.deepEqual(open(file).registry.instances.all(), [
      {id: 'a', app: 'web', pid: 4711, startTime: 'boot/1'},
      {id: 'b', app: 'web', pid: 4712, startTime: undefined},
    ]);
  });

  it('loses nothing when its process is killed', () => {
    const file = newFile();
    use(file, registry => registry.save(registrationOf('web')));
    const program = `const [, file, registration] = process.argv;
      const database = new (require('node:sqlite').DatabaseSync)(file);
      database.prepare("INSERT INTO apps VALUES ('api', ?)").run(registration);
      process.kill(process.pid, 'SIGKILL');`;
    const {signal} = spawnSync(process.execPath, ['-e', program, file, JSON.stringify(registrationOf('api'))]);
    assert.equal(signal, 'SIGKILL');
    assert.deepEqual(namesOf(open(file).registry), ['web', 'api']);
  });
});

const NO_DATABASE = 'not a database\n'.repeat(1_000);

/** Overwrites a part in the middle, where the rows are. */
function damagePages(file: string): void {
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.alloc(20_000, 0xa5), 0, 20_000, 8_192);
  closeSync(handle);
}

describe('a damaged registry', () => {
  it.each([
    ['text', (file: string) => writeFileSync(file, NO_DATABASE)],
    ['a database with damaged pages', damagePages],
  ])('of %s is put aside and reported, and the daemon begins anew', (_, damage) => {
    const file = newFile();
    use(file, registry => {
      for (let count = 0; count < 100; count++) registry.save(registrationOf(`app-${count}`));
    });
    damage(file);
    const before = readFileSync(file);
    const {registry, damaged} = open(file);
    assert.equal(damaged.length, 1);
    assert.deepEqual(readFileSync(damaged[0] ?? ''), before);
    assert.deepEqual(registry.apps(), []);
    registry.save(registrationOf('web'));
    assert.deepEqual(namesOf(registry), ['web']);
  });
});

describe('a registry of a newer version', () => {
  it('is an error, and stays as it is', () => {
    const file = newFile();
    const database = new DatabaseSync(file);
    database.exec('CREATE TABLE later (a); PRAGMA user_version = 2');
    database.close();
    const before = readFileSync(file);
    assert.throws(
      () => open(file),
      error => errorCode(error) === 'REGISTRY_TOO_NEW',
    );
    assert.deepEqual(readFileSync(file), before);
    assert.deepEqual(readdirSync(path.dirname(file)), [path.basename(file)]);
  });
});
