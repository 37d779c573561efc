import assert from 'node:assert/strict';
import {PassThrough, Writable} from 'node:stream';
import {describe, it} from 'vitest';
import type {AppStatus} from '../../src/control/events.js';
import type {DevEvent} from '../../src/ui/dev-session.js';
import {MAX_UNREAD_BYTES} from '../../src/ui/line-writer.js';
import {runPlain} from '../../src/ui/plain.js';
import {createFakeSession, FAILED, logEvent, READY, STARTING, STOPPED, statusEvent} from './fake-session.js';

const ENDED: DevEvent = {type: 'ended', reason: 'hello was stopped by another command'};

type Setting = {
  readonly apps?: readonly string[];
  readonly isTTY?: boolean;
  readonly env?: Record<string, string>;
  readonly notes?: readonly string[];
};

async function print(
  events: readonly DevEvent[],
  {apps = ['hello'], isTTY = false, env = {}, notes = []}: Setting = {},
) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const session = createFakeSession({apps, notes});
  const outcome = runPlain(session, {stdout: Object.assign(stdout, {isTTY}), stderr, env});
  session.emit(...events, ENDED);
  return {outcome: await outcome, out: textOf(stdout), err: textOf(stderr)};
}

const textOf = (stream: PassThrough): string => String(stream.read() ?? '');

describe('plain output', () => {
  it('begins with the addresses, and repeats them only when they change', async () => {
    const urls = ['https://hello.test', 'https://api.hello.test'];
    const {out} = await print([
      statusEvent({...STOPPED, urls}),
      statusEvent({...READY, urls}),
      statusEvent({...READY, urls: ['https://hello.test:8443']}),
    ]);
    assert.equal(out, 'https://hello.test\nhttps://api.hello.test\nhttps://hello.test:8443\n');
  });

  it('says on stderr what becomes of the app, each thing once', async () => {
    const {err} = await print(
      [STARTING, READY, {...READY, memoryBytes: 1}, {...STOPPED, state: 'draining', pid: 4711} as const, STOPPED].map(
        statusEvent,
      ),
    );
    assert.deepEqual(err.split('\n'), [
      'hello is starting: pid 4711',
      'hello is ready: pid 4711, port 4000',
      'hello is stopping',
      'hello is stopped',
      'hello was stopped by another command',
      '',
    ]);
  });

  it('says nothing of an app that is only about to start', async () => {
    const {err} = await print([STOPPED, STARTING].map(statusEvent));
    assert.match(err, /^hello is starting: pid 4711\n/);
  });

  it('tells a problem with its details and the next step', async () => {
    const {err} = await print([statusEvent(FAILED), statusEvent({...FAILED, clients: 2})]);
    assert.deepEqual(err.split('\n').slice(0, -2), [
      'hello exited with code 1',
      'error: hello exited with code 1 before it was ready [APP_EXITED_EARLY]',
      '  Error: cannot find module express',
      '      at server.js:1:1',
      '  its output says why',
    ]);
  });

  it('says which signal ended an app', async () => {
    const {err} = await print([statusEvent({...FAILED, exit: {code: null, signal: 'SIGKILL'}, problem: null})]);
    assert.match(err, /^hello exited with signal SIGKILL\n/);
  });

  it('prints notes and notices on stderr', async () => {
    const notice = {type: 'notice', level: 'warning', text: 'not trusted yet'} as const;
    const {err} = await print([notice, {...notice, level: 'info', text: 'config changed'}], {
      notes: ['port 443 is taken'],
    });
    assert.match(err, /^port 443 is taken\nwarning: not trusted yet\nconfig changed\n/);
  });

  it('prints log lines on stdout with their time and whose they are', async () => {
    const {out} = await print([
      logEvent('listening'),
      logEvent('careful', 'stderr'),
      logEvent('pid 4711 stopped', 'tako'),
      {type: 'skipped', app: 'hello', count: 1_234},
    ]);
    assert.deepEqual(out.split('\n'), [
      '09:05:07 hello | listening',
      '09:05:07 hello | careful',
      '09:05:07 tako | pid 4711 stopped',
      '… 1,234 lines skipped',
      '',
    ]);
  });

  it('keeps structured fields, and heads every line of a message of several', async () => {
    const {out} = await print([logEvent('{"level":"info","scope":"db","msg":"a\\nb","fields":{"ms":3}}')]);
    assert.equal(out, '09:05:07 hello | info db a\n09:05:07 hello | b ms=3\n');
  });

  it('keeps the colours of the app on a terminal only', async () => {
    const events = [logEvent('\x1b[32mgreen')];
    assert.equal((await print(events)).out, '09:05:07 hello | green\n');
    assert.equal((await print(events, {isTTY: true, env: {NO_COLOR: '1'}})).out, '09:05:07 hello | green\n');
    assert.equal((await print(events, {isTTY: true})).out, '09:05:07 hello | \x1b[32mgreen\x1b[0m\n');
  });

  it('ends with the session', async () => {
    assert.equal((await print([])).outcome, 'ended');
  });
});

describe('plain output of several apps', () => {
  const apps = ['hello', 'api'];
  const API: AppStatus = {...READY, name: 'api', urls: ['https://api.test'], pid: 4712, port: 4001};

  it('says of every line whose it is, also of those of tako', async () => {
    const {out} = await print(
      [
        logEvent('asks'),
        logEvent('answers', 'stderr', 'api'),
        logEvent('restarting', 'tako', 'api'),
        {type: 'skipped', app: 'api', count: 2},
      ],
      {apps},
    );
    assert.deepEqual(out.split('\n'), [
      '09:05:07 hello | asks',
      '09:05:07 api | answers',
      '09:05:07 api tako | restarting',
      'api | … 2 lines skipped',
      '',
    ]);
  });

  it('gives each name its colour on a terminal', async () => {
    const {out} = await print([logEvent('asks'), logEvent('answers', 'stdout', 'api')], {apps, isTTY: true});
    assert.equal(out, '09:05:07 \x1b[34mhello\x1b[39m | asks\n09:05:07 \x1b[33mapi\x1b[39m | answers\n');
  });

  it('tells of each app what is new of that app', async () => {
    const {out, err} = await print(
      [READY, API, {...READY, clients: 2}, {...API, state: 'restarting'} as const].map(statusEvent),
      {
        apps,
      },
    );
    assert.equal(out, 'https://hello.test\nhttps://api.test\n');
    assert.deepEqual(err.split('\n').slice(0, -2), [
      'hello is ready: pid 4711, port 4000',
      'api is ready: pid 4712, port 4001',
      'api is restarting; pid 4712 serves until the new one is ready',
    ]);
  });

  it('tells once which of them has a problem', async () => {
    const backingOff = {...FAILED, name: 'api', state: 'backing-off', exit: {code: 7, signal: null}} as const;
    const {err} = await print([statusEvent(READY), statusEvent(backingOff), statusEvent({...backingOff, clients: 2})], {
      apps,
    });
    assert.match(err, /^api crashed with code 7 and starts again\nerror in api: .+ \[APP_EXITED_EARLY\]\n/m);
    assert.equal(err.split('APP_EXITED_EARLY').length, 2);
  });
});

describe('the end of plain output', () => {
  it('comes with the signal, after which nothing is heard', async () => {
    const session = createFakeSession();
    const controller = new AbortController();
    const outcome = runPlain(session, {
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      signal: controller.signal,
    });
    controller.abort();
    assert.equal(await outcome, 'ended');
    assert.equal(session.listenerCount(), 0);
  });

  it('comes at once with a signal that is already aborted', async () => {
    const options = {stdout: new PassThrough(), stderr: new PassThrough(), signal: AbortSignal.abort()};
    assert.equal(await runPlain(createFakeSession(), options), 'ended');
  });

  it('is quiet when the reader has seen enough', async () => {
    const session = createFakeSession();
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error(), {code: 'EPIPE'})),
    });
    const outcome = runPlain(session, {stdout, stderr: new PassThrough()});
    session.emit(logEvent('one line too many'));
    assert.equal(await outcome, 'stop');
    assert.equal(session.listenerCount(), 0);
  });

  it('is an error when the output fails for another reason', async () => {
    const session = createFakeSession();
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error(), {code: 'ENOSPC'})),
    });
    const outcome = runPlain(session, {stdout, stderr: new PassThrough()});
    session.emit(logEvent('one line too many'));
    await assert.rejects(outcome, {code: 'ENOSPC'});
  });
});

describe('a reader slower than the app', () => {
  it('makes nothing pile up, and is told what it missed', async () => {
    const session = createFakeSession();
    const stdout = new PassThrough({readableHighWaterMark: 1, writableHighWaterMark: 1});
    const outcome = runPlain(session, {stdout, stderr: new PassThrough()});
    const lines = 15_000;
    for (let line = 0; line < lines; line++) session.emit(logEvent('x'.repeat(100)));
    assert.ok(stdout.writableLength < MAX_UNREAD_BYTES + 1_000);
    stdout.setEncoding('utf8');
    let out = '';
    for await (const chunk of stdout) {
      out += chunk;
      if (String(chunk).endsWith('skipped\n')) break;
    }
    const printed = out.trimEnd().split('\n');
    const skipped = Number(printed.at(-1)?.replace(/\D/g, ''));
    assert.equal(printed.length - 1 + skipped, lines);
    session.emit(ENDED);
    await outcome;
  });
});
