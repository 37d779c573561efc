import assert from 'node:assert/strict';
import {PassThrough} from 'node:stream';
import {describe, it} from 'vitest';
import type {Listener} from '../../src/supervisor/endpoint.js';
import {applyReport, MAX_LISTENERS, parseReport, readReports} from '../../src/supervisor/report-channel.js';
import {createRandom} from '../helpers/random.js';
import {runs} from '../helpers/soak.js';

const never = new AbortController().signal;

describe('a report', () => {
  it.each([
    ['open 12.ab.1 http 127.0.0.1 4000', {id: '12.ab.1', host: '127.0.0.1', port: 4000, isTls: false}],
    ['open 12.ab.2 https :: 65535', {id: '12.ab.2', host: '::', port: 65_535, isTls: true}],
    ['open x http fe80::1%eth0 1', {id: 'x', host: 'fe80::1%eth0', port: 1, isTls: false}],
  ])('tells of a listener: %s', (line, listener) => {
    assert.deepEqual(parseReport(line), {event: 'opened', listener});
  });

  it('tells of its end', () => {
    assert.deepEqual(parseReport('close 12.ab.1'), {event: 'closed', id: '12.ab.1'});
  });

  it.each([
    '',
    'open',
    'open 1 http 127.0.0.1',
    'open 1 http 127.0.0.1 0',
    'open 1 http 127.0.0.1 65536',
    'open 1 http 127.0.0.1 4000 ',
    'open 1 http 127.0.0.1 4000 5000',
    'open 1 http 127.0.0.1 0x50',
    'open 1 ftp 127.0.0.1 4000',
    'open 1 http a/b 4000',
    'open  http 127.0.0.1 4000',
    ' open 1 http 127.0.0.1 4000',
    'OPEN 1 http 127.0.0.1 4000',
    'close',
    'close a b',
    `close ${'a'.repeat(65)}`,
    `open 1 http ${'1'.repeat(65)} 4000`,
  ])('is nothing else: %j', line => {
    assert.equal(parseReport(line), undefined);
  });

  it('is read strictly, whatever is written (fixed seed)', () => {
    const random = createRandom(4);
    for (let run = 0; run < runs(20_000); run++) {
      const line = mutate('open 12.ab.1 http 127.0.0.1 4000', random);
      const report = parseReport(line);
      if (report) assert.equal(render(report), line);
    }
  });
});

describe('the listeners', () => {
  const listener = (id: string, port: number, host = '127.0.0.1'): Listener => ({id, host, port, isTls: false});

  it('are those that opened and did not close, the oldest first', () => {
    let open: readonly Listener[] = [];
    for (const id of ['a', 'b', 'c'])
      open = applyReport(open, {event: 'opened', listener: listener(id, id.charCodeAt(0))});
    open = applyReport(open, {event: 'closed', id: 'b'});
    open = applyReport(open, {event: 'closed', id: 'unknown'});
    assert.deepEqual(
      open.map(({id}) => id),
      ['a', 'c'],
    );
  });

  it('have one on each address: the newest', () => {
    let open = applyReport([listener('old', 4000), listener('other', 4000, '::1')], {
      event: 'opened',
      listener: listener('new', 4000),
    });
    open = applyReport(open, {event: 'closed', id: 'old'});
    assert.deepEqual(
      open.map(({id}) => id),
      ['other', 'new'],
    );
  });

  it('are not more than an app could have', () => {
    let open: readonly Listener[] = [];
    for (let port = 1; port <= 1_000; port++)
      open = applyReport(open, {event: 'opened', listener: listener(`${port}`, port)});
    assert.equal(open.length, MAX_LISTENERS);
    assert.equal(open.at(-1)?.port, 1_000);
  });
});

describe('the channel', () => {
  it('takes reports in however many pieces, between whatever else is written', async () => {
    const stream = new PassThrough();
    const {reports} = readReports(stream);
    stream.write('nonsense\n\n\0\xff\nope');
    stream.write('n 1 http :: 4000\nopen 2 ');
    await reports.changedSince(0, never);
    assert.deepEqual(reports.listeners(), [{id: '1', host: '::', port: 4000, isTls: false}]);
    stream.write(`${'x'.repeat(1_000_000)}\nclose 1\n`);
    await reports.changedSince(1, never);
    assert.deepEqual(reports.listeners(), []);
  });

  it('counts only what changes something worth looking at', async () => {
    const stream = new PassThrough();
    const {reports} = readReports(stream);
    stream.end('nonsense\n'.repeat(1_000));
    await new Promise(resolve => stream.once('close', resolve));
    assert.equal(reports.version(), 0);
  });

  it('can be waited for no longer than one wants', async () => {
    const stream = new PassThrough();
    const {reports} = readReports(stream);
    const giveUp = new AbortController();
    const waiting = reports.changedSince(0, giveUp.signal);
    giveUp.abort(new Error('enough'));
    await assert.rejects(waiting, /enough/);
    await assert.rejects(reports.changedSince(0, giveUp.signal), /enough/);
    stream.end('open 1 http :: 4000\n');
    await reports.changedSince(0, never);
    await reports.changedSince(0, never);
  });
});

function render(report: NonNullable<ReturnType<typeof parseReport>>): string {
  if (report.event === 'closed') return `close ${report.id}`;
  const {id, host, port, isTls} = report.listener;
  return `open ${id} ${isTls ? 'https' : 'http'} ${host} ${port}`;
}

const PIECES = [
  'open',
  'close',
  ' ',
  '\t',
  '0',
  '9',
  '.',
  ':',
  '%',
  'https',
  '-',
  '\u0661',
  '\x1b[0m',
  'ſ',
  '\r',
  '65535',
];

/** A few pieces put in, taken out or doubled at random. */
function mutate(line: string, random: ReturnType<typeof createRandom>): string {
  let text = line;
  for (let count = random.below(4); count > 0; count--) {
    const at = random.below(text.length + 1);
    text = text.slice(0, at) + (PIECES[random.below(PIECES.length)] ?? '') + text.slice(at + random.below(5));
  }
  return text;
}
