import assert from 'node:assert/strict';
import {existsSync, mkdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, describe, it} from 'vitest';
import type {EnvironmentReport, ShownVariable} from '../../../src/commands/environment/environment-report.js';
import {createTako} from '../../helpers/tako.js';
import {documentOf, errorOf, talkingProject} from '../support.js';

const tako = createTako();
afterAll(() => tako.close());

const TOML = `
name = "shop"
[vars]
LEVEL = "info"
REGION = "eu"
HOST = "0.0.0.0"
TAKO_APP_NAME = "mine"
[vars.development]
LEVEL = "debug"
[envs.production]
route = "shop.example.com"
[vars.production]
LEVEL = "warn"
`;

/** Of the existing format, whose names are as readable; no key is there. */
const SECRETS = {
  development: {key_id: '0123456789abcdef', app: {API_KEY: {value: 'Y2FuYXJ5'}, REGION: {value: 'Y2FuYXJ5'}}},
};

/** Writes down what it finds, and is ready. */
const PRINT = `require('fs').writeFileSync('found.json', JSON.stringify(process.env));
require('http').createServer().listen(process.env.PORT);`;

type Report = EnvironmentReport & {readonly ok: true};

function project(toml = TOML) {
  const {directory, write} = talkingProject('shop');
  write('tako.toml', toml);
  const report = async (...args: readonly string[]): Promise<Report> =>
    documentOf(await tako.run(['env', '--json', ...args], {cwd: directory})) as unknown as Report;
  const writeSecrets = (): void => {
    mkdirSync(path.join(directory, '.tako'));
    write('.tako/secrets.json', JSON.stringify(SECRETS));
  };
  return {directory, write, writeSecrets, report};
}

const variable = ({variables}: EnvironmentReport, name: string): ShownVariable | undefined =>
  variables.find(one => one.name === name);

describe('tako env', () => {
  it('says exactly what the app of tako dev gets, and the values that it says are those', async () => {
    const {directory, write, report} = project();
    write('server.cjs', PRINT);
    write('tako.toml', `dev = ["node", "server.cjs"]\n${TOML}`);
    const dev = tako.dev(directory);
    await dev.ready();
    const found: Record<string, string> = JSON.parse(readFileSync(path.join(directory, 'found.json'), 'utf8'));
    const {variables} = await report();
    assert.deepEqual(variables.map(({name}) => name).sort(), Object.keys(found).sort());
    for (const {name, value} of variables) if (value !== null) assert.equal(value, found[name], name);
    await dev.end('SIGINT');
  });

  it('says where a variable comes from, and whose value does not count', async () => {
    const development = await project().report();
    assert.deepEqual(variable(development, 'LEVEL'), {
      name: 'LEVEL',
      value: 'debug',
      source: 'vars.development',
      overrides: ['vars'],
    });
    assert.deepEqual(variable(development, 'HOST'), {
      name: 'HOST',
      value: '127.0.0.1',
      source: 'tako',
      overrides: ['vars'],
    });
    assert.equal(variable(development, 'TAKO_APP_NAME'), undefined);
    const production = await project().report('--env', 'production');
    assert.deepEqual(variable(production, 'LEVEL')?.value, 'warn');
    assert.deepEqual(variable(production, 'TAKO_BUILD'), {
      name: 'TAKO_BUILD',
      value: null,
      source: 'tako',
      overrides: [],
    });
    assert.equal(variable(production, 'HOME')?.source, 'tako');
    assert.ok(production.variables.every(({source}) => source !== 'terminal'));
  });

  it('says nothing of what the terminal has but the names', async () => {
    const {directory} = project();
    const {stdout} = await tako.run(['env', '--json'], {
      cwd: directory,
      env: {MY_TOKEN: 'canary-4711', LEVEL: 'canary-4711'},
    });
    assert.ok(!stdout.includes('canary-4711'));
    const report = JSON.parse(stdout);
    assert.deepEqual(variable(report, 'MY_TOKEN'), {name: 'MY_TOKEN', value: null, source: 'terminal', overrides: []});
    assert.deepEqual(variable(report, 'LEVEL')?.overrides, ['vars', 'terminal']);
  });

  it('has the names of secrets, needs no key for them, and puts them over what tako.toml says', async () => {
    const {directory, writeSecrets, report} = project();
    writeSecrets();
    const both = await report();
    assert.deepEqual(both.secrets, {delivery: 'both', names: ['API_KEY', 'REGION']});
    assert.deepEqual(variable(both, 'REGION'), {name: 'REGION', value: null, source: 'secrets', overrides: ['vars']});
    const {stdout} = await tako.run(['env'], {cwd: directory});
    assert.match(stdout, /^API_KEY +secrets +\(secret\)$/m);
    assert.match(stdout, /^also by tako\.secrets in development: API_KEY, REGION$/m);
    assert.deepEqual((await report('--env', 'production')).secrets.names, []);
  });

  it('does not count secrets among the variables where tako.toml gives them by the descriptor alone', async () => {
    const {writeSecrets, report} = project(`secrets = "bootstrap"\n${TOML}`);
    writeSecrets();
    const {variables, secrets} = await report();
    assert.deepEqual(secrets, {delivery: 'bootstrap', names: ['API_KEY', 'REGION']});
    assert.ok(!variables.some(({name}) => name === 'API_KEY'));
  });

  it('points out what a file of variables has and nothing gives, by name, with the command that takes it in', async () => {
    const {directory, write, report} = project();
    write('.env', 'LEVEL=x\nSTRIPE_KEY=canary-4711\n');
    assert.deepEqual((await report('--env', 'production')).files, [
      {file: '.env', names: ['LEVEL', 'STRIPE_KEY'], missing: ['STRIPE_KEY']},
    ]);
    const {stdout} = await tako.run(['env', '--env', 'production'], {cwd: directory});
    assert.match(
      stdout,
      /\.env has STRIPE_KEY: tako does not load it\n {2}tako secrets import \.env --env production\n/,
    );
    assert.ok(!stdout.includes('canary-4711'));
  });

  it('is a table for people, with the names of the terminal below it', async () => {
    const {directory} = project();
    const {stdout} = await tako.run(['env'], {cwd: directory});
    assert.match(stdout, /^NAME +FROM +VALUE$/m);
    assert.match(stdout, /^LEVEL +\[vars\.development\], not \[vars\] +debug$/m);
    assert.match(stdout, /^PORT +tako +\(set at its start\)$/m);
    assert.match(stdout, /^from this terminal, as they are: .*HOME/m);
  });

  it('prints no control characters of a value', async () => {
    const {directory} = project('[vars]\nCOLOUR = "\\u001b]0;title\\u0007red\\nblue"\n');
    const {stdout} = await tako.run(['env'], {cwd: directory});
    assert.ok(!stdout.includes('\u001b') && !stdout.includes('\u0007'));
    assert.match(stdout, /^COLOUR +\[vars\] +.*red\\nblue$/m);
  });

  it('writes nothing into the project', async () => {
    const {directory, report} = project();
    await report();
    await report('--env', 'production');
    assert.equal(existsSync(path.join(directory, '.tako')), false);
  });

  it('names the environments there are when the one asked for is not', async () => {
    const {directory} = project();
    const {code, hint} = errorOf(await tako.run(['env', '--env', 'stagin', '--json'], {cwd: directory}));
    assert.equal(code, 'NO_SUCH_ENVIRONMENT');
    assert.match(hint ?? '', /it has: .*development.*production/);
  });
});
