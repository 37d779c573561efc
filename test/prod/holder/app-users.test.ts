import assert from 'node:assert/strict';
import {mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, it} from 'vitest';
import {createAppUsers, userNameOf} from '../../../src/prod/holder/app-users.js';
import {TakoError} from '../../../src/system/error.js';
import type {Run} from '../../../src/system/exec.js';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tako-users-'));
});
afterEach(() => rm(folder, {recursive: true}));

const NO_USERADD: Run = async ({file}) => {
  if (file === 'useradd') throw new TakoError('TOOL_MISSING', 'useradd is not installed');
  return {exitCode: 1, stdout: '', stderr: 'no such user'};
};

/** A system whose users are in a map. */
function createSystem() {
  const users = new Map<string, number>();
  const commands: string[] = [];
  const run: Run = async ({file, args}) => {
    const name = args.at(-1) ?? '';
    if (file === 'useradd') {
      commands.push(args.join(' '));
      users.set(name, 990 - users.size);
      return {exitCode: 0, stdout: '', stderr: ''};
    }
    const id = users.get(name);
    return {exitCode: id === undefined ? 1 : 0, stdout: `${id}\n`, stderr: ''};
  };
  return {users, commands, run};
}

describe('the user of a deployment', () => {
  it('is made once, without a home or a shell, and is the same ever after', async () => {
    const system = createSystem();
    const users = await createAppUsers(folder, true, system.run);
    const [first, again, other] = await Promise.all([
      users.ensure('shop/production'),
      users.ensure('shop/production'),
      users.ensure('shop/staging'),
    ]);
    assert.deepEqual(first, again);
    assert.notEqual(first?.uid, other?.uid);
    assert.deepEqual(users.all(), [first, other]);
    assert.equal(system.commands.length, 2);
    const name = userNameOf('shop/production');
    assert.equal(
      system.commands[0],
      `--system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin ${name}`,
    );
    assert.match(name, /^tako-[0-9a-f]{12}$/);

    const later = await createAppUsers(folder, true, system.run);
    assert.deepEqual(await later.ensure('shop/production'), first);
    assert.deepEqual(later.all(), [first, other]);
  });

  it('is one that is there already, as after the file was lost', async () => {
    const system = createSystem();
    const first = await (await createAppUsers(folder, true, system.run)).ensure('shop/production');
    await rm(path.join(folder, 'users.json'));
    const again = await (await createAppUsers(folder, true, system.run)).ensure('shop/production');
    assert.deepEqual([again, system.commands.length], [first, 1]);
  });

  it('is a number where there is no useradd, of its own and remembered', async () => {
    const users = await createAppUsers(folder, true, NO_USERADD);
    assert.deepEqual(await users.ensure('a/b'), {uid: 70_000, gid: 70_000});
    assert.deepEqual(await users.ensure('c/d'), {uid: 70_001, gid: 70_001});
    const later = await createAppUsers(folder, true, NO_USERADD);
    assert.deepEqual(await later.ensure('e/f'), {uid: 70_002, gid: 70_002});
    assert.deepEqual(await later.ensure('a/b'), {uid: 70_000, gid: 70_000});
  });

  it('is in a file that nobody else reads', async () => {
    await (await createAppUsers(folder, true, NO_USERADD)).ensure('a/b');
    assert.equal((await stat(path.join(folder, 'users.json'))).mode & 0o777, 0o600);
    assert.match(await readFile(path.join(folder, 'users.json'), 'utf8'), /"a\/b"/);
  });

  it('is tried again when it could not be made', async () => {
    let isBroken = true;
    const run: Run = async (...asked) => {
      if (isBroken) throw new Error('no such luck');
      return NO_USERADD(...asked);
    };
    const users = await createAppUsers(folder, true, run);
    await assert.rejects(users.ensure('a/b'), /no such luck/);
    isBroken = false;
    assert.deepEqual(await users.ensure('a/b'), {uid: 70_000, gid: 70_000});
  });

  it.each([
    ['root', '{"a/b": {"uid": 0, "gid": 0}}'],
    ['no number', '{"a/b": {"uid": "70000", "gid": 70000}}'],
    ['no deployment', '{"../b": {"uid": 70000, "gid": 70000}}'],
  ])('is not taken from a file in which it is %s', async (_, text) => {
    await writeFile(path.join(folder, 'users.json'), text);
    await assert.rejects(createAppUsers(folder, true, NO_USERADD), /has an entry that is none/);
  });

  it('is nobody of its own where the holder is not root', async () => {
    const users = await createAppUsers(folder, false, () => assert.fail('nothing is run'));
    assert.deepEqual([await users.ensure('a/b'), users.all()], [undefined, []]);
  });
});
