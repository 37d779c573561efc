import assert from 'node:assert/strict';
import {readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {removeSecrets, setSecrets} from '../../src/secrets/change-secrets.js';
import {openKeyFiles} from '../../src/secrets/keys/key-files.js';
import {SECRETS_FILE} from '../../src/secrets/secret-file.js';
import {eventually} from '../helpers/eventually.js';
import {placeOf, shareTeller} from './teller.js';

// Secrets as apps get them from a real daemon, and where they must not be.

const {machine, project: projectOf, setKey, ask} = shareTeller();

describe('the secrets of an app in development', () => {
  it.each([
    ['', 'the value', 'the value'],
    ['secrets = "bootstrap"\n', 'the value', undefined],
    ['secrets = "environment"\n', undefined, 'the value'],
  ])('reach it as tako.toml says: %j', async (more, given, set) => {
    const name = `told-${given === undefined ? 'by-variable' : set === undefined ? 'by-descriptor' : 'both'}`;
    const project = projectOf(name, more);
    await setKey(project, 'the value');
    await machine.tako.dev(project.directory).ready();
    const answer = await ask(name);
    assert.deepEqual([answer.given, answer.set], [given, set]);
  });

  it('reach a project that depends on the package on file descriptor 3 only', async () => {
    const project = projectOf('packaged', '');
    project.write('package.json', JSON.stringify({dependencies: {'tako.sh': '*'}}));
    await setKey(project, 'the value');
    await machine.tako.dev(project.directory, 'node', 'app.mjs').ready();
    assert.deepEqual(await ask('packaged'), {given: 'the value'});
  });

  it('come anew with a fresh process when they change', async () => {
    const project = projectOf('changing');
    await setKey(project, 'first value');
    const dev = machine.tako.dev(project.directory);
    const {pid} = await dev.ready();
    await setKey(project, 'second value');
    await eventually(async () => assert.equal((await ask('changing')).given, 'second value'));
    assert.notEqual((await machine.app('changing')).pid, pid);
    await removeSecrets(placeOf(machine, project), 'development', ['API_KEY']);
    await eventually(async () => assert.equal((await ask('changing')).given, undefined));
  });

  it('of another environment change nothing', async () => {
    const project = projectOf('steady');
    await setKey(project, 'first value');
    const {pid} = await machine.tako.dev(project.directory).ready();
    await setSecrets(placeOf(machine, project), 'production', [{name: 'API_KEY', value: 'other', expiresOn: null}]);
    await setKey(project, 'second value');
    await eventually(async () => assert.equal((await ask('steady')).given, 'second value'));
    assert.equal((await machine.app('steady')).restarts, 1);
    assert.notEqual((await machine.app('steady')).pid, pid);
  });

  it('that cannot be read keep it from starting, and it is said why', async () => {
    const project = projectOf('locked');
    await setKey(project, 'the value');
    const keys = path.join(machine.tako.home, 'keys');
    const kept = readdirSync(keys).map(id => [id, readFileSync(path.join(keys, id))] as const);
    rmSync(keys, {recursive: true});
    const dev = machine.tako.dev(project.directory);
    const problem = await dev.until(event => (event.type === 'status' && event.status.problem) || undefined);
    assert.equal(problem.code, 'SECRET_KEY_MISSING');
    const browser = await machine.client();
    const page = await browser.get('locked.test', '/');
    assert.deepEqual([page.status, page.body.includes('SECRET_KEY_MISSING')], [502, true]);
    const place = openKeyFiles(machine.tako.home);
    for (const [id, text] of kept) await place.save({id, bytes: Buffer.from(String(text).trim(), 'base64')});
    assert.equal((await ask('locked')).given, 'the value', 'the next request starts it');
  });

  it('that are damaged leave the process that runs as it is, and it is said which', async () => {
    const project = projectOf('damaged');
    await setKey(project, 'the value');
    const {pid} = await machine.tako.dev(project.directory).ready();
    const file = path.join(project.directory, SECRETS_FILE);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.slice(0, -20));
    await eventually(async () => assert.equal((await machine.app('damaged')).problem?.code, 'SECRETS_INVALID'));
    assert.match((await machine.app('damaged')).problem?.message ?? '', /development\/API_KEY/);
    assert.equal((await machine.app('damaged')).pid, pid);
    writeFileSync(file, text);
    await eventually(async () => assert.equal((await machine.app('damaged')).problem, null));
    assert.equal((await machine.app('damaged')).pid, pid);
  });
});
