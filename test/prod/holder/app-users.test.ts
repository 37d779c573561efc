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
  if (file !== 'id') throw new TakoError('TOOL_MISSING', `${file} is not installed`);
  return {exitCode: 1, stdout: '', stderr: 'no such user'};
};

const ROOT = '/opt/tako';
/** The numbers of that folder. */
const numbered = (index: number) => ({uid: FIRST + index, gid: FIRST + index});
const FIRST = 86_000;
const openUsers = (run: Run, isRoot = true, root = ROOT) => createAppUsers({folder, root, isRoot, run});

/** A system whose users are in a map. */
function createSystem() {
  const users = new Map<string, number>();
  const commands: string[] = [];
  const busy = new Set<string>();
  const run: Run = async ({file, args}) => {
    const name = args.at(-1) ?? '';
    if (file === 'useradd') {
      commands.push(args.join(' '));
      users.set(name, 990 - users.size);
      return {exitCode: 0, stdout: '', stderr: ''};
    }
    if (file === 'userdel') {
      commands.push(`userdel ${name}`);
      if (!busy.has(name)) users.delete(name);
      return {exitCode: busy.has(name) ? 8 : 0, stdout: '', stderr: 'user is currently used by process 7'};
    }
    const id = users.get(name);
    return {exitCode: id === undefined ? 1 : 0, stdout: `${id}\n`, stderr: ''};
  };
  return {users, commands, busy, run};
}

describe('the user of a deployment', () => {
  it('is made once, without a home or a shell, and is the same ever after', async () => {
    const system = createSystem();
    const users = await openUsers(system.run);
    const [first, again, other] = await Promise.all([
      users.ensure('shop/production'),
      users.ensure('shop/production'),
      users.ensure('shop/staging'),
    ]);
    assert.deepEqual(first, again);
    assert.notEqual(first?.uid, other?.uid);
    assert.deepEqual(users.all(), [first, other]);
    assert.equal(system.commands.length, 2);
    const name = userNameOf(ROOT, 'shop/production');
    assert.equal(
      system.commands[0],
      `--system --user-group --no-create-home --home-dir /opt/tako/apps/shop/production/data --shell /usr/sbin/nologin ${name}`,
    );
    assert.match(name, /^tako-[0-9a-f]{12}$/);

    const later = await openUsers(system.run);
    assert.deepEqual(await later.ensure('shop/production'), first);
    assert.deepEqual(later.all(), [first, other]);
  });

  it('is one that is there already, as after the file was lost', async () => {
    const system = createSystem();
    const first = await (await openUsers(system.run)).ensure('shop/production');
    await rm(path.join(folder, 'users.json'));
    const again = await (await openUsers(system.run)).ensure('shop/production');
    assert.deepEqual([again, system.commands.length], [first, 1]);
  });

  it('is a number where there is no useradd, of its own and remembered', async () => {
    const users = await openUsers(NO_USERADD);
    assert.deepEqual(await users.ensure('a/b'), numbered(0));
    assert.deepEqual(await users.ensure('c/d'), numbered(1));
    const later = await openUsers(NO_USERADD);
    assert.deepEqual(await later.ensure('e/f'), numbered(2));
    assert.deepEqual(await later.ensure('a/b'), numbered(0));
  });

  it('is another in another installation, by name and by number', async () => {
    assert.notEqual(userNameOf('/opt/tako', 'a/b'), userNameOf('/srv/tako', 'a/b'));
    const other = await openUsers(NO_USERADD, true, '/srv/tako');
    assert.notDeepEqual(await other.ensure('a/b'), numbered(0));
  });

  it('is made with the tools of busybox where there are no others', async () => {
    const said: string[] = [];
    const run: Run = async ({file, args}) => {
      if (file === 'useradd') throw new TakoError('TOOL_MISSING', 'useradd is not installed');
      if (file !== 'id') said.push([file, ...args].join(' '));
      return {exitCode: file === 'id' && said.length < 2 ? 1 : 0, stdout: '123\n', stderr: ''};
    };
    const name = userNameOf(ROOT, 'a/b');
    assert.deepEqual(await (await openUsers(run)).ensure('a/b'), {uid: 123, gid: 123});
    assert.deepEqual(said, [
      `addgroup -S ${name}`,
      `adduser -S -D -H -h /opt/tako/apps/a/b/data -s /sbin/nologin -G ${name} ${name}`,
    ]);
  });

  it('is gone when it is removed, and made anew when it is asked for again', async () => {
    const system = createSystem();
    const users = await openUsers(system.run);
    await users.ensure('shop/production');
    await users.remove('shop/production');
    assert.deepEqual([users.all(), system.users.size], [[], 0]);
    assert.equal(await readFile(path.join(folder, 'users.json'), 'utf8'), '{}\n');
    // One that is not there is removed.
    await users.remove('shop/production');
    await users.ensure('shop/production');
    assert.equal(system.users.size, 1);
  });

  it('stays where it cannot be removed, and the reason is told', async () => {
    const system = createSystem();
    const users = await openUsers(system.run);
    const user = await users.ensure('shop/production');
    system.busy.add(userNameOf(ROOT, 'shop/production'));
    await assert.rejects(users.remove('shop/production'), /could not be removed: user is currently used by process 7/);
    assert.deepEqual(await users.ensure('shop/production'), user);
  });

  it('is in a file that nobody else reads', async () => {
    await (await openUsers(NO_USERADD, true)).ensure('a/b');
    assert.equal((await stat(path.join(folder, 'users.json'))).mode & 0o777, 0o600);
    assert.match(await readFile(path.join(folder, 'users.json'), 'utf8'), /"a\/b"/);
  });

  it('is tried again when it could not be made', async () => {
    let isBroken = true;
    const run: Run = async (...asked) => {
      if (isBroken) throw new Error('no such luck');
      return NO_USERADD(...asked);
    };
    const users = await openUsers(run);
    await assert.rejects(users.ensure('a/b'), /no such luck/);
    isBroken = false;
    assert.deepEqual(await users.ensure('a/b'), numbered(0));
  });

  it.each([
    ['root', '{"a/b": {"uid": 0, "gid": 0}}'],
    ['no number', '{"a/b": {"uid": "70000", "gid": 70000}}'],
    ['no deployment', '{"../b": {"uid": 70000, "gid": 70000}}'],
  ])('is not taken from a file in which it is %s', async (_, text) => {
    await writeFile(path.join(folder, 'users.json'), text);
    await assert.rejects(openUsers(NO_USERADD), /has an entry that is none/);
  });

  it('is nobody of its own where the holder is not root', async () => {
    const users = await openUsers(() => assert.fail('nothing is run'), false);
    assert.deepEqual([await users.ensure('a/b'), users.all()], [undefined, []]);
  });
});
