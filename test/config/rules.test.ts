import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {configOf, problemsOf, warningsOf} from './support.js';

const ROUTE = 'route = "a.example.com"';
const STORAGE = 'bucket = "b"\nendpoint = "https://s3.example.com"\nregion = "auto"';

describe('keys that exclude each other', () => {
  it('are the container and what it replaces, each with its own message', () => {
    const problems = problemsOf(
      'container = "Dockerfile"\nmain = "a.js"\nassets = ["public"]\nstart = ["a"]\nbuild = {run = "make"}',
    );
    assert.equal(problems.length, 4);
    assert.equal(new Set(problems.map(problem => problem.split(': ')[1])).size, 1);
    assert.equal(new Set(problems.map(problem => problem.split(': ').slice(2).join())).size, 4);
  });

  it('do not when one of them is empty', () => {
    assert.equal(configOf('container = "Dockerfile"\nassets = []\nbuild = {}').container, 'Dockerfile');
  });

  it('are build stages and what a stage says itself', () => {
    const stages = '[[build_stages]]\nrun = "make"';
    assert.equal(problemsOf(`[build]\nrun = "x"\ninclude = ["a"]\nexclude = ["b"]\n${stages}`).length, 3);
    assert.equal(configOf(`[build]\ninstall = "x"\ncwd = "app"\n${stages}`).build.cwd, 'app');
  });

  it('are route and routes', () => {
    assert.deepEqual(problemsOf(`[envs.production]\n${ROUTE}\nroutes = ["b.example.com"]`), [
      'tako.toml:3:1 envs.production.routes: cannot be used with route: put every route into routes',
    ]);
  });
});

describe('environments', () => {
  it('need a route, except development', () => {
    assert.equal(problemsOf('[envs.staging]').length, 1);
    assert.equal(problemsOf('[envs.staging]\nroutes = []').length, 1);
    assert.deepEqual(configOf('[envs.development]').environments.development.routes, []);
  });

  it('may never sleep in development only', () => {
    const {environments} = configOf('[envs.development]\nidle_timeout = "never"');
    assert.equal(environments.development.idleTimeoutMs, 'never');
    assert.match(problemsOf(`[envs.production]\n${ROUTE}\nidle_timeout = "never"`).join(), /in development only/);
  });

  it('have plain names', () => {
    for (const name of ['Production', '-x', '"a b"', 'a_b']) {
      assert.match(problemsOf(`[envs.${name}]\n${ROUTE}`).join(), /expected an environment name/, name);
      assert.match(problemsOf(`[vars.${name}]\nA = 1`).join(), /expected an environment name/, name);
    }
  });

  it('ignore servers in development, with a warning', () => {
    assert.deepEqual(warningsOf('[envs.development]\nservers = ["one"]'), [
      'tako.toml:2:1 envs.development.servers: is ignored: development runs on this machine',
    ]);
  });
});

describe('storages', () => {
  it('must be declared to be bound, except in development and for the local one', () => {
    const bound = (environment: string, resource: string) =>
      `[envs.${environment}]\n${ROUTE}\nstorages = {uploads = "${resource}"}\n[storages.media]\n${STORAGE}`;
    assert.match(problemsOf(bound('production', 'other')).join(), /uploads: there is no \[storages\.other\]/);
    assert.deepEqual({...configOf(bound('production', 'media')).environments.production?.storages}, {uploads: 'media'});
    assert.ok(configOf(bound('production', 'local')));
    assert.ok(configOf(bound('development', 'other').replace('a.example.com', 'a.test')));
  });

  it('must be private to hold backups', () => {
    const backup = `[envs.production]\n${ROUTE}\nbackup = {storage = "media"}`;
    const media = `[storages.media]\n${STORAGE}`;
    assert.equal(configOf(`${backup}\n${media}`).environments.production?.backup, 'media');
    assert.match(problemsOf(backup).join(), /backup\.storage: there is no \[storages\.media\]/);
    assert.match(
      problemsOf(`${backup}\n${media}\npublic_base_url = "https://x.com"`).join(),
      /backups need a private one/,
    );
  });

  it('cannot be declared as local, by name or by provider', () => {
    assert.match(problemsOf(`[storages.local]\n${STORAGE}`).join(), /built in/);
    assert.match(problemsOf(`[storages.media]\nprovider = "local"\n${STORAGE}`).join(), /expected "s3", found "local"/);
  });

  it('are reached by https', () => {
    assert.equal(problemsOf(`[storages.media]\n${STORAGE.replace('https', 'http')}`).length, 1);
  });
});

describe('start and restart', () => {
  it('is stop-first where a port lets only one instance listen', () => {
    assert.equal(configOf('port = 3000').restart, 'stop-first');
    assert.match(
      problemsOf('port = 3000\nrestart = "start-first"').join(),
      /^tako\.toml:2:1 restart: "start-first" cannot be used/,
    );
  });

  it('waits for each other app once, and never for itself', () => {
    assert.deepEqual(configOf('depends_on = ["api", "db", "api"]').dependsOn, ['api', 'db']);
    assert.match(
      problemsOf('name = "web"\ndepends_on = ["api", "web"]').join(),
      /^tako\.toml:2:22 depends_on\[1\]: is this app itself$/,
    );
  });

  it('watches relative patterns, also beside the project', () => {
    assert.deepEqual(configOf('watch = ["src/**", "../shared/**"]').watch, ['src/**', '../shared/**']);
    for (const wrong of ['/etc/**', '!src', ' ']) {
      assert.match(problemsOf(`ignore = ["${wrong}"]`).join(), /ignore\[0\]: expected a relative pattern/, wrong);
    }
  });
});
