import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import {describe, it, onTestFinished} from 'vitest';
import type {DeploymentName} from '../../../src/control/server-methods.js';
import {sha256Of} from '../../../src/prod/releases/sha256.js';
import {openDatabase} from '../../../src/prod/state/database.js';
import {KEPT_JOBS, type NewJob} from '../../../src/prod/state/jobs.js';
import {openState, type State} from '../../../src/prod/state/state.js';
import {parseRoute, type RoutePattern} from '../../../src/proxy/route-syntax.js';

const SHOP = {app: 'shop', environment: 'production'};
const BLOG = {app: 'blog', environment: 'production'};

function newFile(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tako-state-'));
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  return path.join(folder, 'server.sqlite');
}

function open(file = newFile()): State {
  const state = openState(file);
  onTestFinished(() => state.close());
  return state;
}

const patterns = (...routes: string[]): RoutePattern[] =>
  routes.map(text => {
    const parsed = parseRoute(text);
    assert.ok(parsed.ok, text);
    return parsed.route;
  });

function deploy(state: State, name: DeploymentName, id: string, ...routes: string[]): string | null {
  state.deployments.ensure(name, 1);
  state.releases.add(name, {id, manifestHash: sha256Of(id), deployedAt: 1, by: 'ann@laptop', commit: null});
  return state.switchTo(name, id, patterns(...(routes.length > 0 ? routes : [`${name.app}.example.com`])));
}

const newJob = (more: Partial<NewJob> = {}): NewJob => ({
  kind: 'deploy',
  deployment: SHOP,
  release: 'r1',
  manifestHash: sha256Of('r1'),
  by: 'ann@laptop',
  startedAt: 1_000,
  owner: 'server-1',
  ...more,
});

const statesOf = (state: State, name = SHOP) => state.releases.list(name).map(({id, state: word}) => `${id} ${word}`);

describe('the state of a server', () => {
  it('is private, and commits to the disk', () => {
    const file = newFile();
    const database = openDatabase(file);
    onTestFinished(() => database.close());
    const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    // https://sqlite.org/pragma.html#pragma_synchronous: 2 is FULL.
    assert.deepEqual(['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout'].map(pragma), ['wal', 2, 1, 5000]);
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it('is there again after it was closed, and closes twice', () => {
    const file = newFile();
    const state = open(file);
    deploy(state, SHOP, 'r1');
    state.close();
    state.close();
    assert.equal(open(file).deployments.find(SHOP)?.currentRelease, 'r1');
  });

  it('of a newer version is left alone', () => {
    const file = newFile();
    open(file).close();
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 99');
    database.close();
    assert.throws(() => openState(file), {code: 'STATE_TOO_NEW'});
  });

  it('that is damaged is left alone', () => {
    const file = newFile();
    writeFileSync(file, 'this is no database'.repeat(1_000));
    assert.throws(() => openState(file), {code: 'STATE_DAMAGED'});
    assert.equal(statSync(file).size, 19_000);
  });

  it('is brought up by what is new, all of it or nothing', () => {
    const file = newFile();
    openDatabase(file, ['CREATE TABLE a (x INTEGER) STRICT']).close();
    const more = ['never run again', 'CREATE TABLE b (x INTEGER) STRICT'];
    assert.throws(() => openDatabase(file, [...more, 'CREATE TABLE c (']));
    const database = openDatabase(file, more);
    onTestFinished(() => database.close());
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
    assert.deepEqual(
      tables.map(({name}) => name),
      ['a', 'b'],
    );
  });

  it('is used by two processes at once', () => {
    const file = newFile();
    const [one, two] = [open(file), open(file)];
    deploy(one, SHOP, 'r1');
    deploy(two, BLOG, 'r1');
    assert.equal(one.deployments.list().length, 2);
  });
});

describe('a deployment', () => {
  it('keeps its scale and whether it was stopped', () => {
    const state = open();
    state.deployments.ensure(SHOP, 2);
    state.deployments.configure(SHOP, {scale: 0, isStopped: true});
    assert.deepEqual(state.deployments.ensure(SHOP, 5), {
      ...SHOP,
      scale: 0,
      isStopped: true,
      uid: null,
      currentRelease: null,
    });
    assert.throws(() => state.deployments.configure(BLOG, {scale: 1, isStopped: false}), {code: 'NO_SUCH_DEPLOYMENT'});
  });

  it('has a uid that no other has, also none that is gone', () => {
    const state = open();
    const range = {first: 700, last: 702};
    const uid = (app: string) => {
      state.deployments.ensure({...SHOP, app}, 1);
      return state.deployments.ensureUid({...SHOP, app}, range);
    };
    assert.deepEqual([uid('a'), uid('b'), uid('a')], [700, 701, 700]);
    state.deployments.remove({...SHOP, app: 'a'});
    assert.deepEqual([uid('c'), uid('d')], [702, 700]);
    assert.throws(() => uid('e'), {code: 'UIDS_EXHAUSTED'});
  });

  it('that is removed leaves nothing', () => {
    const state = open();
    deploy(state, SHOP, 'r1');
    const {id} = state.jobs.start(newJob());
    state.deployments.remove(SHOP);
    assert.deepEqual(
      [state.deployments.list(), state.routes.all(), state.releases.manifests(), state.jobs.find(id)],
      [[], [], [], undefined],
    );
  });
});

describe('releases', () => {
  it('are current one at a time', () => {
    const state = open();
    assert.deepEqual(
      [deploy(state, SHOP, 'r1'), deploy(state, SHOP, 'r2'), deploy(state, BLOG, 'r9')],
      [null, 'r1', null],
    );
    assert.deepEqual(statesOf(state), ['r2 current', 'r1 superseded']);
    assert.equal(state.deployments.find(SHOP)?.currentRelease, 'r2');
  });

  it('go back one after the other, and never forward to the one that was left', () => {
    const state = open();
    for (const id of ['r1', 'r2', 'r3']) deploy(state, SHOP, id);
    const back = () => {
      const previous = state.releases.previous(SHOP);
      if (previous) state.switchTo(SHOP, previous.id, []);
      return previous?.id;
    };
    assert.deepEqual([back(), back(), back()], ['r2', 'r1', undefined]);
    deploy(state, SHOP, 'r2');
    assert.equal(state.releases.previous(SHOP)?.id, 'r3');
  });

  it('that failed are no place to go back to, unless they served before', () => {
    const state = open();
    deploy(state, SHOP, 'r1');
    const add = (id: string) =>
      state.releases.add(SHOP, {id, manifestHash: sha256Of(id), deployedAt: 2, by: 'x', commit: null});
    add('bad');
    state.releases.fail(SHOP, 'bad');
    deploy(state, SHOP, 'r2');
    assert.equal(state.releases.previous(SHOP)?.id, 'r1');
    add('r1');
    state.releases.fail(SHOP, 'r1');
    assert.deepEqual(statesOf(state), ['r1 superseded', 'r2 current', 'bad failed']);
    assert.equal(add('bad').state, 'prepared');
  });

  it('are what was said of them', () => {
    const state = open();
    state.deployments.ensure(SHOP, 1);
    const commit = {sha: 'abc1234', message: 'ünï', isDirty: true};
    const facts = {id: 'r1', manifestHash: sha256Of('r1'), deployedAt: 1_700_000_000_000, by: 'ann@laptop', commit};
    assert.deepEqual(state.releases.add(SHOP, facts), {...facts, deployment: SHOP, state: 'prepared'});
    assert.throws(() => state.releases.add(BLOG, facts), {code: 'NO_SUCH_RELEASE'});
    assert.throws(() => state.switchTo(SHOP, 'r2', []), {code: 'NO_SUCH_RELEASE'});
  });

  it('are removed, but never the current one', () => {
    const state = open();
    for (const id of ['r1', 'r2', 'r3']) deploy(state, SHOP, id);
    state.releases.remove(SHOP, ['r1', 'r3', 'r8']);
    assert.deepEqual(statesOf(state), ['r3 current', 'r2 superseded']);
    assert.deepEqual(state.releases.manifests(), [sha256Of('r2'), sha256Of('r3')].toSorted());
  });
});

describe('routes', () => {
  it('are those of the current release', () => {
    const state = open();
    deploy(state, SHOP, 'r1', 'shop.example.com', 'old.example.com');
    deploy(state, SHOP, 'r2', 'shop.example.com', '*.example.com/api/*');
    assert.deepEqual(state.routes.all(), [
      {host: '*.example.com', path: '/api/*', deployment: SHOP},
      {host: 'shop.example.com', path: '/', deployment: SHOP},
    ]);
    assert.equal(state.routes.of(SHOP).length, 2);
  });

  it('of two deployments may not be the very same, and may overlap', () => {
    const state = open();
    deploy(state, SHOP, 'r1', 'example.com', 'example.com/api/*');
    assert.deepEqual(
      state.routes.conflicts(
        BLOG,
        patterns('EXAMPLE.com/', '*.example.com', 'example.com/api', 'example.com/api/v2/*'),
      ),
      [{host: 'example.com', path: '/', deployment: SHOP}],
    );
    assert.deepEqual(state.routes.conflicts(SHOP, patterns('example.com')), []);
    deploy(state, BLOG, 'r1', '*.example.com', 'example.com/blog/*');
    assert.equal(state.routes.all().length, 4);
  });

  it('in conflict leave the release that serves, and all routes, as they are', () => {
    const state = open();
    deploy(state, SHOP, 'r1', 'example.com');
    deploy(state, BLOG, 'r1', 'blog.example.com');
    const before = state.routes.all();
    assert.throws(() => deploy(state, BLOG, 'r2', 'new.example.com', 'example.com'), {
      code: 'ROUTE_CONFLICT',
      message: 'the route example.com is that of shop/production on this server already',
      details: [],
    });
    assert.deepEqual([state.routes.all(), state.deployments.find(BLOG)?.currentRelease], [before, 'r1']);
  });
});

describe('jobs', () => {
  it('run one at a time for a deployment, and the other one is told who and since when', () => {
    const state = open();
    for (const name of [SHOP, BLOG]) state.deployments.ensure(name, 1);
    const {id} = state.jobs.start(newJob());
    state.jobs.start(newJob({deployment: BLOG}));
    assert.throws(() => state.jobs.start(newJob({by: 'bob'})), {
      code: 'DEPLOY_UNDER_WAY',
      details: ['by ann@laptop, since 1970-01-01T00:00:01.000Z'],
    });
    state.jobs.finish(id, {outcome: 'succeeded', release: 'r1'});
    state.jobs.start(newJob({by: 'bob'}));
    assert.deepEqual(
      state.jobs.running().map(({by}) => by),
      ['ann@laptop', 'bob'],
    );
  });

  it('number their events, and give those after a number', () => {
    const state = open();
    state.deployments.ensure(SHOP, 1);
    const {id} = state.jobs.start(newJob());
    state.jobs.append(id, [{type: 'started', step: 'prepare', time: 1}]);
    const more = state.jobs.append(id, [
      {type: 'done', step: 'prepare', time: 2, elapsedMs: 1, note: null},
      {type: 'output', step: 'release-command', time: 3, text: 'migrated ü\n'},
    ]);
    assert.deepEqual(
      more.map(({sequence}) => sequence),
      [2, 3],
    );
    assert.deepEqual(state.jobs.events(id, 1), more);
    assert.deepEqual([state.jobs.events(id, 3), state.jobs.find(id)?.step], [[], 'release-command']);
  });

  it('end once', () => {
    const state = open();
    state.deployments.ensure(SHOP, 1);
    const {id} = state.jobs.start(newJob());
    const problem = {code: 'X', message: 'y', hint: null, details: []};
    state.jobs.finish(id, {outcome: 'failed', step: 'health', problem});
    state.jobs.finish(id, {outcome: 'succeeded', release: 'r1'});
    const job = state.jobs.find(id);
    assert.deepEqual([job?.state, job?.result], ['failed', {outcome: 'failed', step: 'health', problem}]);
  });

  it('pass to another owner when the first one is silent', () => {
    const state = open();
    state.deployments.ensure(SHOP, 1);
    const {id} = state.jobs.start(newJob());
    assert.equal(state.jobs.beat(id, 'server-1', 5_000), true);
    assert.equal(state.jobs.takeOver(id, 'server-2', 6_000, 5_000), false);
    assert.equal(state.jobs.takeOver(id, 'server-2', 20_000, 5_001), true);
    assert.equal(state.jobs.takeOver(id, 'server-3', 20_001, 10_000), false);
    assert.equal(state.jobs.beat(id, 'server-1', 20_002), false);
    state.jobs.finish(id, {outcome: 'succeeded', release: 'r1'});
    assert.equal(state.jobs.beat(id, 'server-2', 20_003), false);
  });

  it('are forgotten after fifty, with their events', () => {
    const state = open();
    for (const name of [SHOP, BLOG]) state.deployments.ensure(name, 1);
    const run = (deployment: DeploymentName): string => {
      const {id} = state.jobs.start(newJob({deployment}));
      state.jobs.append(id, [{type: 'started', step: 'prepare', time: 1}]);
      state.jobs.finish(id, {outcome: 'succeeded', release: 'r1'});
      return id;
    };
    const other = run(BLOG);
    const ids = Array.from({length: KEPT_JOBS + 3}, () => run(SHOP));
    assert.deepEqual(
      state.jobs.list(SHOP).map(({id}) => id),
      ids.slice(3).reverse(),
    );
    assert.deepEqual([state.jobs.events(ids[0] ?? '', 0), state.jobs.events(other, 0).length], [[], 1]);
  });
});

describe('numbers that are given', () => {
  it('are never given twice', () => {
    const file = newFile();
    const state = open(file);
    assert.deepEqual(
      [state.lastIds.take('log'), state.lastIds.take('log', 10), state.lastIds.take('other')],
      [1, 2, 1],
    );
    state.close();
    assert.deepEqual([open(file).lastIds.take('log'), open(file).lastIds.last('log')], [12, 12]);
  });
});

describe('several changes together', () => {
  it('are all there, or none', () => {
    const state = open();
    deploy(state, SHOP, 'r1');
    const {id} = state.jobs.start(newJob());
    assert.throws(() =>
      state.together(() => {
        deploy(state, SHOP, 'r2');
        state.jobs.finish(id, {outcome: 'succeeded', release: 'r2'});
        throw new Error('no');
      }),
    );
    assert.deepEqual([statesOf(state), state.jobs.find(id)?.state], [['r1 current'], 'running']);
  });
});
