import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {Environment} from '../../src/config/config.js';
import {configOf, problemsOf, warningsOf} from './support.js';

function production(top: string, own = ''): Environment {
  const {environments} = configOf(`${top}\n[envs.production]\nroute = "a.example.com"\n${own}`);
  assert.ok(environments.production);
  return environments.production;
}

describe('the keys of how an app runs on servers', () => {
  it('have defaults, or none where the server or the framework decides', () => {
    const {scale, health, limits, stabilityMs, assetsWindowMs, keepReleases, fallback} = production('');
    assert.deepEqual([stabilityMs, assetsWindowMs, keepReleases], [3_000, 86_400_000, 10]);
    assert.deepEqual([scale, health, fallback], [undefined, undefined, undefined]);
    assert.deepEqual(limits, {memoryBytes: undefined, processes: undefined, openFiles: undefined});
  });

  it('are for every environment, or for one, which goes before', () => {
    const environment = production(
      'scale = 2\nhealth = "/up"\nlimits = {memory = "1G", processes = 100}\nstability = "1s"',
      'scale = 0\nlimits = {memory = "512M", open_files = 1000}\nassets_window = "1h"\nkeep_releases = 3',
    );
    assert.deepEqual([environment.scale, environment.health], [0, {type: 'http', path: '/up'}]);
    assert.deepEqual(environment.limits, {memoryBytes: 512 * 2 ** 20, processes: 100, openFiles: 1000});
    assert.deepEqual(
      [environment.stabilityMs, environment.assetsWindowMs, environment.keepReleases],
      [1_000, 3_600_000, 3],
    );
  });

  it('say what is asked of a new instance, how often and for how long, each by itself', () => {
    const {health, healthTimings} = production(
      'health = {path = "/up", interval = "500ms", window = 20}',
      'health = {type = "tcp", timeout = "1s"}',
    );
    assert.deepEqual(health, {type: 'tcp'});
    assert.deepEqual(healthTimings, {intervalMs: 500, timeoutMs: 1_000, windowMs: 20_000});
    const short = production('health = {path = "/up", window = "10s"}', 'health = "/well"');
    assert.deepEqual([short.health, short.healthTimings.windowMs], [{type: 'http', path: '/well'}, 10_000]);
    assert.equal(production('health = {window = "10s"}').health, undefined);
  });

  it('let an environment take back the fallback for all', () => {
    assert.equal(production('fallback = "200.html"').fallback, '200.html');
    assert.equal(production('fallback = "200.html"', 'fallback = ""').fallback, null);
  });

  it('take sizes in bytes, and in units of 1024', () => {
    const bytes = (memory: string) => production(`limits = {memory = ${memory}}`).limits.memoryBytes;
    assert.deepEqual(
      [bytes('"65536K"'), bytes('"64M"'), bytes('"2G"'), bytes('67108864')],
      [2 ** 26, 2 ** 26, 2 ** 31, 2 ** 26],
    );
  });

  it('take every way to get certificates', () => {
    for (const ssl of ['letsencrypt', 'cloudflare', 'files', 'internal', 'off']) {
      assert.equal(production('', `ssl = "${ssl}"`).ssl, ssl);
    }
  });

  it('are refused with their place, all at once', () => {
    const text = [
      'scale = -1',
      'health = "healthz"',
      'stability = "1d"',
      'keep_releases = 0',
      'fallback = "../index.html"',
      'limits = {memory = "1M", processes = 1, open_files = 1.5, cpu = 2}',
      '[envs.production]',
      'route = "a.example.com"',
      'ssl = "none"',
      'health = "//evil"',
    ].join('\n');
    assert.deepEqual(
      problemsOf(text).map(problem => problem.replace(/: .*/, '')),
      [
        'tako.toml:1:1 scale',
        'tako.toml:2:1 health',
        'tako.toml:3:1 stability',
        'tako.toml:4:1 keep_releases',
        'tako.toml:5:1 fallback',
        'tako.toml:6:11 limits.memory',
        'tako.toml:6:26 limits.processes',
        'tako.toml:6:41 limits.open_files',
        'tako.toml:6:59 limits.cpu',
        'tako.toml:9:1 envs.production.ssl',
        'tako.toml:10:1 envs.production.health',
      ],
    );
    assert.match(problemsOf('health = "healthz"').join(), /expected "status", "tcp", or a path such as "\/healthz"/);
    assert.match(
      problemsOf('limits = {memory = "1T"}').join(),
      /expected bytes from 16777216, or a size such as "512M"/,
    );
  });

  it('refuse what a health check cannot be', () => {
    const problems = (health: string): string => problemsOf(`health = ${health}`).join('\n');
    assert.match(problems('{path = "/", type = "tcp"}'), /health\.path: cannot be used with type/);
    assert.match(problems('{path = "up"}'), /health\.path: expected a path such as "\/healthz"/);
    assert.match(problems('{type = "http"}'), /health\.type: expected one of "status", "tcp"/);
    assert.match(problems('{intervall = 1}'), /health\.intervall: unknown key, did you mean "interval"\?/);
    assert.match(problems('{interval = "50ms"}'), /health\.interval: expected seconds from 0\.1 to/);
    assert.match(problems('{timeout = -1}'), /health\.timeout: expected/);
    assert.match(problems('{window = "500ms"}'), /health\.window: expected seconds from 1 to/);
    assert.match(problems('7'), /expected "status", "tcp", or a path such as "\/healthz", or a table/);
  });

  it('are ignored in development, with a warning', () => {
    const warnings = warningsOf('scale = 2\n[envs.development]\nscale = 1\nhealth = "tcp"');
    assert.deepEqual(
      warnings.map(warning => warning.replace(/: .*/, '')),
      ['tako.toml:3:1 envs.development.scale', 'tako.toml:4:1 envs.development.health'],
    );
  });
});
