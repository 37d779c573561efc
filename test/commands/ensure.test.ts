import assert from 'node:assert/strict';
import path from 'node:path';
import {describe, it} from 'vitest';
import type {AppStatus} from '../../src/control/events.js';
import {findApp, shareTako} from '../helpers/shared-tako.js';
import {type CommandResult, createTako} from '../helpers/tako.js';
import {cli, documentOf, errorOf, start, talkingProject} from './support.js';
import {appFiles, projectOf, WORKSPACE_ROOT, workspaceOfTwo} from './workspace-support.js';

const tako = shareTako();

const ensure = (cwd: string, ...args: readonly string[]): Promise<CommandResult> =>
  tako.run(['ensure', ...args], {cwd});

type Ensured = AppStatus & {readonly log: string};

const appsOf = (result: CommandResult): readonly Ensured[] => documentOf(result).apps as readonly Ensured[];

const find = (name: string): Promise<AppStatus | undefined> => findApp(tako, name);

describe('tako ensure', () => {
  it('starts the app of the folder, waits until it is ready, and leaves it running', async () => {
    const {directory} = projectOf(appFiles('ensured'));
    const {code, stdout, stderr} = await ensure(directory);
    const status = await find('ensured');
    assert.deepEqual([code, stderr, status?.state], [0, '', 'ready']);
    assert.equal(stdout, `ensured  ready  ${status?.url}  pid ${status?.pid}  log: tako logs ensured\n`);
    process.kill(status?.pid ?? 0, 0);
  });

  it('does nothing when it runs already, and prints the same', async () => {
    const {directory} = projectOf(appFiles('twice'));
    const first = await ensure(directory);
    assert.deepEqual([first.code, await ensure(directory)], [0, first]);
  });

  it('leaves one as it is that runs with another command', async () => {
    const {directory} = talkingProject('other-command');
    const dev = tako.dev(directory, 'sh', '-c', 'echo 4000 >&4; exec sleep 600');
    const {pid} = await dev.ready();
    const [app] = appsOf(await ensure(directory, '--json'));
    assert.deepEqual([app?.pid, app?.command[0]], [pid, 'sh']);
    assert.equal((await find('other-command'))?.pid, pid);
    await dev.end('SIGTERM');
  });

  it('starts one process when two commands want it at once', async () => {
    const {directory} = projectOf({
      ...appFiles('at-once'),
      'tako.toml': 'dev = ["sh", "-c", "echo started; exec node server.mjs"]\n',
    });
    const results = await Promise.all([1, 2, 3].map(() => ensure(directory, '--json')));
    const pids = results.map(result => appsOf(result)[0]?.pid);
    assert.deepEqual(new Set(pids), new Set([(await find('at-once'))?.pid]));
    const {stdout} = await tako.run(['logs', 'at-once', '--json']);
    assert.equal(stdout.split('"text":"started"').length, 2);
    assert.deepEqual(
      (await tako.status()).apps.filter(app => app.directory === directory).map(({name}) => name),
      ['at-once'],
    );
  });

  it('starts one that has stopped again', async () => {
    const {directory} = projectOf(appFiles('exits'));
    const [first] = appsOf(await ensure(directory, '--json'));
    process.kill(-(first?.pid ?? 0), 'SIGKILL');
    const [second] = appsOf(await ensure(directory, '--json'));
    assert.equal(second?.state, 'ready');
  });

  it('prints what the daemon knows as JSON, with the way to the log', async () => {
    const {directory} = projectOf(appFiles('as-json'));
    const {daemonLog, ...document} = documentOf(await ensure(directory, '--json'));
    const {clients: _, memoryBytes: __, ...status} = (await find('as-json')) ?? assert.fail('it is not registered');
    const [app] = document.apps as readonly Ensured[];
    assert.deepEqual({...app, ...status, log: 'tako logs as-json'}, app);
    assert.equal(daemonLog, (await tako.status()).daemon?.logFile);
  });

  it('fails with the reason and the last lines when the app does not start', async () => {
    const {directory} = talkingProject('broken', ['sh', '-c', 'echo no database >&2; exit 3']);
    const result = await ensure(directory, '--json');
    assert.equal(result.code, 1);
    const {code, details} = errorOf(result);
    assert.deepEqual([code, details], ['APP_EXITED_EARLY', ['no database']]);
    const plain = await ensure(directory);
    assert.deepEqual([plain.code, plain.stdout], [1, '']);
    assert.match(plain.stderr, /^error: .+ \[APP_EXITED_EARLY\]\n {2}no database\n/);
  });

  it('fails with every problem of a tako.toml', async () => {
    const {directory, write} = talkingProject('invalid');
    write('tako.toml', 'name = "invalid"\nwrong = 1\n');
    const result = await ensure(directory, '--json');
    assert.deepEqual([result.code, errorOf(result).code], [1, 'CONFIG_INVALID']);
  });

  it('starts a daemon where none runs, with no terminal around', async () => {
    const own = createTako();
    try {
      const {directory} = projectOf(appFiles('first'));
      const [app] = appsOf(await own.run(['ensure', '--json'], {cwd: directory}));
      assert.equal(app?.state, 'ready');
      assert.equal((await own.status()).apps[0]?.pid, app?.pid);
    } finally {
      await own.close();
    }
  });
});

describe('tako ensure with names', () => {
  it('starts apps of the workspace, from anywhere in it, each once', async () => {
    const {directory} = workspaceOfTwo();
    const apps = appsOf(await ensure(path.join(directory, 'apps/lib'), 'web', 'api', 'web', '--json'));
    assert.deepEqual(
      apps.map(({name, state}) => [name, state]),
      [
        ['web', 'ready'],
        ['api', 'ready'],
      ],
    );
    await tako.stop('web', 'api');
  });

  it('starts an app that is registered, from any folder', async () => {
    const {directory} = talkingProject('by-name');
    const dev = tako.dev(directory);
    await dev.ready();
    await dev.end('SIGHUP');
    const [app] = appsOf(await ensure(tako.home, 'by-name', '--json'));
    assert.deepEqual([app?.name, app?.directory], ['by-name', directory]);
  });

  it('starts all of a workspace at its root, and fails when one of them does not start', async () => {
    // Not by npm, which takes longer to start than all the rest on a busy machine.
    const toml = 'dev = ["node", "server.mjs"]\n';
    const {directory, write} = projectOf({
      ...WORKSPACE_ROOT,
      ...appFiles('api', 'apps/api', toml),
      ...appFiles('web', 'apps/web', `${toml}depends_on = ["api"]\n`),
    });
    assert.deepEqual(
      appsOf(await ensure(directory, '--json')).map(({name}) => name),
      ['api', 'web'],
    );
    await tako.stop('web', 'api');
    write('apps/web/server.mjs', 'throw new Error("no disk")');
    const {code, stdout, stderr} = await ensure(directory);
    assert.equal(code, 1);
    assert.match(stdout, /^api {2}ready {2}https:\S+ {2}pid \d+ {2}log: tako logs api\n$/);
    assert.match(stderr, /^error: web: .*no disk/);
    await tako.stop('web', 'api');
  });

  it('fails at the root when one cannot be read, where tako dev leaves it out', async () => {
    const {directory} = projectOf({
      ...WORKSPACE_ROOT,
      ...appFiles('fine', 'apps/fine'),
      ...appFiles('faulty', 'apps/faulty', 'wrong = 1\n'),
    });
    const result = await ensure(directory, '--json');
    assert.deepEqual([result.code, errorOf(result).code], [1, 'CONFIG_INVALID']);
  });

  it('fails with the name that was meant', async () => {
    const {directory} = workspaceOfTwo();
    const result = await ensure(directory, 'wbe', '--json');
    assert.equal(result.code, 1);
    const {code, message, hint} = errorOf(result);
    assert.deepEqual([code, message, hint], ['NO_SUCH_APP', 'there is no app wbe here', 'did you mean web?']);
  });

  it('needs no terminal: with all its streams closed it works too', async () => {
    const {directory} = projectOf(appFiles('silent'));
    const command = `${cli('ensure').join(' ')} <&- >&- 2>&-`;
    const {code} = await start(['sh', '-c', command], {cwd: directory, env: {...process.env, TAKO_HOME: tako.home}})
      .ended;
    assert.deepEqual([code, (await find('silent'))?.state], [0, 'ready']);
  });
});
