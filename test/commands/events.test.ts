import assert from 'node:assert/strict';
import {describe, it, onTestFinished} from 'vitest';
import type {LoggedEvent} from '../../src/ui/event-lines.js';
import {createClient} from '../helpers/client.js';
import {eventually} from '../helpers/eventually.js';
import {checkJsonOutput} from '../helpers/json-output.js';
import {createProject} from '../helpers/project.js';
import {environmentOf} from '../helpers/shared-tako.js';
import {createTako, type Tako} from '../helpers/tako.js';
import {cli, errorOf, type Running, start, talkingProject} from './support.js';

// With the real daemon, which is killed and comes back.

type Machine = {
  readonly tako: Tako;
  /** Starts the app of that project, by the command. */
  ensure(directory: string): Promise<void>;
  events(...args: string[]): Running & {heard(): LoggedEvent[]};
};

async function open(): Promise<Machine> {
  const tako = createTako();
  onTestFinished(() => tako.close());
  const project = createProject('first');
  onTestFinished(project.remove);
  const ensure = async (cwd: string): Promise<void> => {
    const {code, stderr} = await tako.run(['ensure'], {cwd});
    assert.equal(code, 0, stderr);
  };
  await ensure(project.directory);
  return {
    tako,
    ensure,
    events(...args) {
      const running = start(cli('events', ...args), {env: environmentOf(tako)});
      const lines = (): string[] => running.output().split('\n').slice(0, -1);
      return {
        ...running,
        heard: () =>
          lines().map(line => {
            checkJsonOutput(['events'], line);
            return JSON.parse(line) as LoggedEvent;
          }),
      };
    },
  };
}

/** As short as it can be told. */
function inWords(event: LoggedEvent): string {
  switch (event.type) {
    case 'status':
      return `${event.status.name} ${event.status.state}`;
    case 'log':
      return `${event.app}: ${event.line.text}`;
    case 'notice':
      return event.level;
    default:
      return event.type;
  }
}

describe('tako events', () => {
  it('tells of every app, also of one that comes later and goes', async () => {
    const {tako, events, ensure} = await open();
    const {heard, until} = events('--json');
    await until('"name":"first"');
    await ensure(talkingProject('second').directory);
    await until('line 3');
    const {daemon} = await tako.status();
    assert.ok(daemon);
    const client = createClient(daemon);
    onTestFinished(() => client.close());
    await client.get('first.test', '/asked');
    await until('"totalMs":');
    await tako.run(['stop', 'second']);
    await until('"type":"removed"');
    const words = heard().map(inWords);
    assert.equal(words[0], 'first ready');
    const [request] = heard().flatMap(event => (event.type === 'request' ? [event.exchange.url] : []));
    assert.match(request ?? '', /^https:\/\/first\.test.*\/asked$/);
    const told = ['second starting', 'second: line 1', 'second: line 2', 'second ready', 'second stopped'];
    assert.deepEqual(
      told.filter(word => !words.includes(word)),
      [],
    );
    assert.equal(words.filter(word => word === 'second: line 1').length, 1);
  });

  it('goes on with the next daemon, and repeats nothing', async () => {
    const {tako, events, ensure} = await open();
    const talker = talkingProject('talker');
    await ensure(talker.directory);
    const {heard, until} = events('--json');
    await until('"name":"talker"');
    await tako.run(['restart', 'talker']);
    await until('line 3');
    const {daemon} = await tako.status();
    assert.ok(daemon);
    process.kill(daemon.pid, 'SIGKILL');
    await until('the daemon is gone');
    await ensure(talker.directory);
    await until('the daemon is there again');
    await eventually(() =>
      assert.equal(
        heard()
          .map(inWords)
          .filter(word => word === 'talker ready').length,
        3,
      ),
    );
    const ids = heard().flatMap(event => (event.type === 'log' && event.app === 'talker' ? [event.line.id] : []));
    assert.deepEqual(ids, [...new Set(ids)]);
    assert.deepEqual(
      heard()
        .map(inWords)
        .filter(word => ['info', 'warning'].includes(word)),
      ['warning', 'info'],
    );
  });

  it('for people has a line for each, with the time and whose it is', async () => {
    const {events, ensure} = await open();
    const {output, until} = events('--app', 'shy', 'first');
    await until('first is ready');
    await ensure(talkingProject('shy').directory);
    await until('shy | shy is ready');
    assert.match(output(), /^\d\d:\d\d:\d\d first \| first is ready: pid \d+, port \d+\n/);
    assert.match(output(), /^\d\d:\d\d:\d\d shy \| line 2$/m);
  });

  it('has only the types that are asked for', async () => {
    const {tako, events, ensure} = await open();
    await ensure(talkingProject('said').directory);
    const {heard} = events('--json', '--type', 'log');
    // Nothing shows that it listens but what it hears.
    await eventually(async () => {
      await tako.run(['restart', 'said']);
      assert.ok(heard().some(event => inWords(event) === 'said: line 3'));
    });
    assert.deepEqual([...new Set(heard().map(({type}) => type))], ['log']);
  });

  it('ends quietly when its reader has enough, and at Ctrl-C', async () => {
    const {tako, events, ensure} = await open();
    const command = cli('events', '--json').join(' ');
    const piped = start(['bash', '-o', 'pipefail', '-c', `${command} | head -1`], {env: environmentOf(tako)});
    await piped.until('"name":"first"');
    await ensure(talkingProject('loud').directory);
    const {code, stderr} = await piped.ended;
    assert.deepEqual([code, stderr], [0, '']);
    const {child, until, ended} = events('--json');
    await until('"name":"first"');
    child.kill('SIGINT');
    assert.equal((await ended).stderr, '');
  });

  it('does not keep an app awake', async () => {
    const {tako, events} = await open();
    const {until} = events('--json');
    await until('"name":"first"');
    const {apps} = await tako.status();
    assert.deepEqual(
      apps.map(({clients}) => clients),
      [0],
    );
  });

  it('says that there is no daemon, and of which types there are none', async () => {
    const tako = createTako();
    onTestFinished(() => tako.close());
    assert.equal(errorOf(await tako.run(['events', '--json'])).code, 'DAEMON_NOT_RUNNING');
    const {code, message} = errorOf(await tako.run(['events', '--json', '--type', 'weather']));
    assert.deepEqual([code, /Allowed choices are status, log, request, notice/.test(message)], ['BAD_USAGE', true]);
  });
});
