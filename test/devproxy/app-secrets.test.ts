import assert from 'node:assert/strict';
import {readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {removeSecrets, setSecrets} from '../../src/secrets/change-secrets.js';
import {openKeyFiles} from '../../src/secrets/keys/key-files.js';
import {SECRETS_FILE} from '../../src/secrets/secret-file.js';
import {createDevMachine, type DevMachine} from '../helpers/dev-machine.js';
import {eventually} from '../helpers/eventually.js';
import type {TestProject} from '../helpers/project.js';

// Secrets as apps get them from a real daemon, and where they must not be.

/** Answers with what it was given, and says it too; ends with it in its last words when it is asked to. */
const TELLER = `import {createServer} from 'node:http';
import {readFileSync} from 'node:fs';
const {secrets} = JSON.parse(readFileSync(3, 'utf8'));
const {API_KEY} = secrets;
console.log('my key is ' + (API_KEY ?? process.env.API_KEY));
console.log(JSON.stringify({level: 'info', key: process.env.API_KEY}));
createServer((request, response) => {
  if (request.url.startsWith('/crash')) {
    console.error(new Error('crashed with ' + API_KEY));
    process.exit(1);
  }
  response.setHeader('x-teller', encodeURIComponent(String(API_KEY)));
  response.end(JSON.stringify({given: API_KEY, set: process.env.API_KEY}));
}).listen(process.env.PORT, '127.0.0.1');
`;

let machine: DevMachine;
beforeAll(() => {
  machine = createDevMachine();
});
afterAll(() => machine.close());

function projectOf(name: string, more = ''): TestProject {
  const project = machine.project(name);
  project.write('app.mjs', TELLER);
  project.write('tako.toml', `name = "${name}"\ndev = ["node", "app.mjs"]\n${more}`);
  return project;
}

const placeOf = ({directory}: TestProject) => ({
  projectDirectory: directory,
  keys: openKeyFiles(machine.tako.home),
  dataFolder: machine.tako.home,
});
const setKey = (project: TestProject, value: string): Promise<void> =>
  setSecrets(placeOf(project), 'development', [{name: 'API_KEY', value, expiresOn: null}]);

async function ask(name: string, query = ''): Promise<{readonly given?: string; readonly set?: string}> {
  const browser = await machine.client();
  return JSON.parse((await browser.get(`${name}.test`, `/${query}`)).body);
}

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
    await removeSecrets(placeOf(project), 'development', ['API_KEY']);
    await eventually(async () => assert.equal((await ask('changing')).given, undefined));
  });

  it('of another environment change nothing', async () => {
    const project = projectOf('steady');
    await setKey(project, 'first value');
    const {pid} = await machine.tako.dev(project.directory).ready();
    await setSecrets(placeOf(project), 'production', [{name: 'API_KEY', value: 'other', expiresOn: null}]);
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
    const {code, stderr} = await machine.tako.run(['dev', '--plain'], {cwd: project.directory});
    assert.equal(code, 1);
    assert.match(stderr, /this machine does not have the key of development .*SECRET_KEY_MISSING/);
    const place = openKeyFiles(machine.tako.home);
    for (const [id, text] of kept) await place.save({id, bytes: Buffer.from(String(text).trim(), 'base64')});
    await machine.tako.dev(project.directory).ready();
    assert.equal((await ask('locked')).given, 'the value');
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

describe('the value of a secret', () => {
  const CANARY = 'canary+value/0123456789"ü';
  /** As it stands in texts, in JSON, and in URLs; its middle part stands for all of them. */
  const TRACE = 'value/0123456789';
  const TRACES = [TRACE, encodeURIComponent(TRACE), Buffer.from(CANARY).toString('base64').slice(0, 20)];
  const hasTrace = (text: string | Buffer): boolean => TRACES.some(trace => text.includes(trace));

  it('is nowhere but in the process of its app', async () => {
    const project = projectOf('canary', '[vars]\nOTHER = "public"\n');
    await setKey(project, CANARY);
    const dev = machine.tako.dev(project.directory);
    await dev.ready();
    assert.equal((await ask('canary', `?q=${encodeURIComponent(CANARY)}`)).given, CANARY);
    const browser = await machine.client();
    const crash = await browser.get('canary.test', '/crash');
    const page = await browser.get('canary.test', '/');
    assert.equal(page.status, 200, 'it has started again');

    const {directory} = project;
    const commands = [
      ['status', '--json'],
      ['dev', 'list', '--json'],
      ['logs', 'canary', '--json'],
      ['logs', 'canary'],
      ['requests', 'canary', '--json'],
      ['secrets', 'list', '--json'],
      ['doctor', '--json'],
    ];
    const outputs = [crash.body, JSON.stringify(dev.events)];
    for (const args of commands) {
      const {stdout, stderr} = await machine.tako.run(args, {cwd: directory});
      outputs.push(stdout, stderr);
    }
    const requests = await machine.tako.run(['requests', 'canary', '--json'], {cwd: directory});
    const ids = requests.stdout.split('\n').flatMap(line => (line === '' ? [] : String(JSON.parse(line).id)));
    assert.ok(ids.length >= 2);
    for (const id of ids) outputs.push((await machine.tako.run(['requests', 'show', id, '--json'])).stdout);
    outputs.push((await machine.tako.run(['requests', 'export', '--har'])).stdout);
    assert.ok(
      outputs.some(text => text.includes('***API_KEY***')),
      'it is masked where it was',
    );
    assert.deepEqual(outputs.filter(hasTrace), []);

    const files = [machine.tako.home, directory].flatMap(folder =>
      readdirSync(folder, {recursive: true, encoding: 'utf8'}).map(file => path.join(folder, file)),
    );
    assert.ok(files.some(file => file.endsWith('registry.sqlite')));
    assert.ok(files.some(file => file.includes('/logs/canary/')));
    const readable = files.filter(file => statSync(file, {throwIfNoEntry: false})?.isFile());
    assert.deepEqual(
      readable.filter(file => hasTrace(readFileSync(file))),
      [],
    );

    const {pid} = await machine.daemonInfo();
    const processes = readdirSync('/proc').filter(name => /^\d+$/.test(name));
    const told = processes.map(name => read(`/proc/${name}/cmdline`)).filter(hasTrace);
    assert.deepEqual(told, []);
    assert.ok(!hasTrace(read(`/proc/${pid}/environ`)), "the daemon's own environment");
  });
});

/** What cannot be read has gone. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
