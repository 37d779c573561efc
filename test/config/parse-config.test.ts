import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {unsupportedInDev} from '../../src/config/config.js';
import {defaultConfig, parseConfig} from '../../src/config/parse-config.js';
import {configOf, problemsOf} from './support.js';

describe('parseConfig: what is left out', () => {
  it('has its default', () => {
    const config = configOf('');
    assert.equal(config.name, 'app');
    assert.equal(config.appRoot, 'src');
    assert.equal(config.readyTimeoutMs, 30_000);
    assert.equal(config.gracePeriodMs, 10_000);
    assert.equal(config.restart, 'start-first');
    assert.deepEqual(config.images.sizes, [320, 640, 960, 1200, 1920]);
    assert.equal(config.workflows.concurrency, 500);
  });

  it('is undefined where that means something', () => {
    const {dev, start, container, port, ready} = configOf('');
    assert.deepEqual([dev, start, container, port, ready], [undefined, undefined, undefined, undefined, undefined]);
  });

  it('gives a development environment that is never missing and sleeps later than a server', () => {
    const {environments} = configOf('[envs.production]\nroute = "app.example.com"');
    assert.equal(environments.development.idleTimeoutMs, 1_800_000);
    assert.equal(environments.production?.idleTimeoutMs, 300_000);
  });

  it('makes the same config as no file at all', () => {
    assert.deepEqual(configOf(''), defaultConfig('app'));
  });

  it('takes the fallback name only when the file has none', () => {
    const named = parseConfig('name = "shop"', 'tako.toml', 'folder');
    const unnamed = parseConfig('', 'tako.toml', 'folder');
    assert.ok(named.ok && unnamed.ok);
    assert.equal(named.value.name, 'shop');
    assert.deepEqual(named.value.writtenKeys, ['name']);
    assert.equal(unnamed.value.name, 'folder');
  });
});

describe('parseConfig: top-level keys', () => {
  it('takes every runtime, with or without a version', () => {
    assert.deepEqual(configOf('runtime = "deno"').runtime, {id: 'deno', version: undefined});
    assert.deepEqual(configOf('runtime = "bun@1.3.0"').runtime, {id: 'bun', version: '1.3.0'});
    assert.match(problemsOf('runtime = "ruby"').join(), /expected one of bun, node, go, deno, python/);
    assert.equal(problemsOf('runtime = "node@"').length, 1);
  });

  it('takes a command as an array, or as a string for a shell', () => {
    assert.deepEqual(configOf('dev = ["vite", "dev"]').dev, ['vite', 'dev']);
    assert.deepEqual(configOf('dev = "vite dev && echo $DONE"').dev, ['sh', '-c', 'vite dev && echo $DONE']);
    assert.deepEqual(configOf('start = "node ."').start, ['sh', '-c', 'node .']);
  });

  it('takes an empty dev for none, but not an empty start', () => {
    assert.equal(configOf('dev = []').dev, undefined);
    assert.equal(configOf('dev = " "').dev, undefined);
    assert.match(problemsOf('start = []').join(), /expected a command: .* found an empty array/);
    assert.equal(problemsOf('dev = [""]').length, 1);
  });

  it('refuses NUL, which no argument can carry', () => {
    assert.equal(problemsOf('dev = ["a\\u0000b"]').length, 1);
    assert.equal(problemsOf('[vars]\nA = "a\\u0000b"').length, 1);
  });

  it('takes durations as seconds or as text with a unit', () => {
    assert.equal(configOf('ready_timeout = 45').readyTimeoutMs, 45_000);
    assert.equal(configOf('ready_timeout = "5m"').readyTimeoutMs, 300_000);
    assert.equal(configOf('grace_period = "0s"').gracePeriodMs, 0);
    for (const wrong of ['0', '-1', '1.5', '"30"', '"1 h"', '"never"', '99999999999', 'inf']) {
      assert.match(problemsOf(`ready_timeout = ${wrong}`).join(), /expected seconds from 1 to/, wrong);
    }
  });

  it('takes ports from 1 to 65535', () => {
    assert.equal(configOf('port = 3000').port, 3000);
    for (const wrong of ['0', '65536', '"3000"', '9007199254740993']) {
      assert.match(problemsOf(`port = ${wrong}`).join(), /expected a port from 1 to 65535/, wrong);
    }
  });

  it('only checks how a preset is written', () => {
    assert.equal(configOf('preset = "tanstack-start@1a2b3c4"').preset, 'tanstack-start@1a2b3c4');
    for (const wrong of ['github:a/b', 'js/vite', 'vite@xyz', '']) {
      assert.equal(problemsOf(`preset = "${wrong}"`).length, 1, wrong);
    }
  });

  it('keeps paths inside the project', () => {
    assert.equal(configOf('main = "@acme/server/entry"').main, '@acme/server/entry');
    assert.equal(configOf('main = "src/../index.ts"').main, 'src/../index.ts');
    for (const wrong of [
      'main = "a/../../x"',
      'app_root = "../src"',
      'app_root = "/src"',
      'container = "./Dockerfile"',
    ]) {
      assert.equal(problemsOf(wrong).length, 1, wrong);
    }
  });

  it('refuses names that cannot be a label of a host', () => {
    for (const wrong of ['Shop', '1shop', 'shop-', 'my_shop', '', 'a'.repeat(64)]) {
      assert.match(problemsOf(`name = "${wrong}"`).join(), /tako\.toml:1:1 name: expected a name/, wrong);
    }
    assert.equal(configOf(`name = "${'a'.repeat(63)}"`).name.length, 63);
  });
});

describe('parseConfig: tables', () => {
  it('reads environments with their routes normalised', () => {
    const {environments} = configOf(
      '[envs.production]\nroutes = ["App.Example.com", "*.example.com/api/*"]\nservers = ["one"]\nidle_timeout = "1h"',
    );
    assert.deepEqual(environments.production?.routes, [
      {host: 'app.example.com', path: '/'},
      {host: '*.example.com', path: '/api/*'},
    ]);
    assert.deepEqual(environments.production?.servers, ['one']);
    assert.equal(environments.production?.idleTimeoutMs, 3_600_000);
  });

  it('lets an environment take back the release command', () => {
    const route = 'route = "a.example.com"';
    const {environments} = configOf(
      `release = "migrate"\n[envs.production]\n${route}\n[envs.staging]\n${route}\nrelease = ""`,
    );
    assert.equal(environments.production?.release, 'migrate');
    assert.equal(environments.staging?.release, undefined);
  });

  it('reads builds, stages, images and storages', () => {
    const config = configOf(`
build_stages = [{run = "make", cwd = "../shared"}]
[build]
install = "npm ci"
[images]
formats = ["avif"]
[storages.media]
bucket = "b"
endpoint = "https://s3.example.com"
region = "auto"
`);
    assert.equal(config.build.install, 'npm ci');
    assert.deepEqual(config.buildStages, [
      {name: undefined, cwd: '../shared', install: undefined, run: 'make', exclude: []},
    ]);
    assert.deepEqual(config.images.formats, ['avif']);
    assert.equal(config.storages.media?.provider, 's3');
    assert.equal(config.storages.media?.publicBaseUrl, undefined);
  });

  it('lets a workflow group and a server inherit what they do not say', () => {
    const {workflows, servers} = configOf(`
[workflows]
run = ["worker"]
workers = 2
[workflows.mail]
concurrency = 5
[servers.big.workflows]
workers = 8
`);
    assert.deepEqual(workflows.groups.mail, {run: ['worker'], workers: 2, concurrency: 5});
    assert.equal(servers.big?.workflows.workers, 8);
    assert.deepEqual(servers.big?.workflows.groups.mail, {run: ['worker'], workers: 8, concurrency: 5});
  });

  it('names every key a storage needs', () => {
    assert.deepEqual(problemsOf('[storages.media]\nbucket = "b"'), [
      'tako.toml:1:11 storages.media.endpoint: missing, expected an https URL',
      'tako.toml:1:11 storages.media.region: missing, expected a non-empty string',
    ]);
  });
});

describe('parseConfig: problems', () => {
  it('reports every problem at once, in the order of the file', () => {
    assert.deepEqual(
      problemsOf(
        'nam = "shop"\nport = "3000"\n\n[envs.production]\n  rout = "app.example.com"\n[images]\nqualities = [0]',
      ),
      [
        'tako.toml:1:1 nam: unknown key, did you mean "name"?',
        'tako.toml:2:1 port: expected a port from 1 to 65535, found "3000"',
        'tako.toml:4:7 envs.production: needs at least one route, as in route = "app.example.com"',
        'tako.toml:5:3 envs.production.rout: unknown key, did you mean "route"?',
        'tako.toml:7:14 images.qualities[0]: expected a whole number from 1 to 100, found 0',
      ],
    );
  });

  it('reports what is inside a table with a wrong name too', () => {
    assert.deepEqual(problemsOf('[envs.Prod]\nroute = "http://a.com"').length, 2);
  });

  it('reports a wrong kind of table once', () => {
    assert.deepEqual(problemsOf('envs = 1979-05-27'), ['tako.toml:1:1 envs: expected a table, found 1979-05-27']);
    assert.deepEqual(problemsOf('build = []'), ['tako.toml:1:1 build: expected a table, found an empty array']);
  });

  it('takes no key for known because JavaScript has it', () => {
    for (const key of ['__proto__', 'constructor', 'toString']) {
      assert.deepEqual(problemsOf(`${key} = 1`), [`tako.toml:1:1 ${key}: unknown key`]);
      assert.equal(problemsOf(`[storages]\n${key} = 1`).length > 0, true, key);
    }
  });

  it('reports a mistyped key among workflow groups', () => {
    assert.deepEqual(problemsOf('[workflows]\nworker = 2'), [
      'tako.toml:2:1 workflows.worker: unknown key, did you mean "workers"?',
    ]);
  });

  it('reports a syntax error with its place and no key', () => {
    assert.deepEqual(problemsOf('name = "shop"\n[envs'), ['tako.toml:2:6: unterminated table-key']);
  });

  it('shortens what it found', () => {
    assert.ok((problemsOf(`name = "${'x'.repeat(10_000)}"`)[0] ?? '').length < 300);
  });
});

describe('unsupportedInDev', () => {
  it('names the keys that are used and that dev does not act on', () => {
    const config = configOf(
      'dev = "x"\n[envs.development.storages]\nuploads = "media"\n[images]\n[build]\nrun = "make"',
    );
    assert.deepEqual(unsupportedInDev(config), ['build', 'images', 'envs.development.storages']);
  });

  it('does not name what dev acts on', () => {
    const keys = 'port = 4000\nwatch = ["src/**"]\nignore = ["*.log"]\nrestart = "stop-first"\ndepends_on = ["api"]';
    assert.deepEqual(unsupportedInDev(configOf(`${keys}\n[envs.development]\nidle_timeout = "never"`)), []);
  });

  it('names nothing for a plain project', () => {
    assert.deepEqual(unsupportedInDev(configOf('name = "shop"\ndev = "x"')), []);
  });
});

describe('inspector.mask', () => {
  it('are names of secrets, none if left out', () => {
    assert.deepEqual(configOf('[inspector]\nmask = ["X-Own", "iban"]').maskedNames, ['X-Own', 'iban']);
    assert.deepEqual(configOf('[inspector]').maskedNames, []);
    assert.deepEqual(configOf('').maskedNames, []);
  });

  it('are texts', () => {
    assert.match(problemsOf('[inspector]\nmask = "x"').join(), /inspector\.mask: expected an array of strings/);
    assert.match(problemsOf('[inspector]\nmask = [""]').join(), /inspector\.mask\[0\]: /);
    assert.match(problemsOf('[inspector]\nmaks = []').join(), /inspector\.maks: unknown key, did you mean "mask"\?/);
  });
});
