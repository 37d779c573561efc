import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {CapturedBody} from '../../../src/control/exchanges.js';
import {pathOf, requestDetail, requestLine} from '../../../src/ui/screen/request-lines.js';
import {createStyle, NO_COLOURS} from '../../../src/ui/style.js';
import {detailOf, exchangeOf} from '../fake-session.js';

const line = (different: Parameters<typeof exchangeOf>[0]): string => requestLine(exchangeOf(different), NO_COLOURS);

describe('the line of a request', () => {
  it('has what came of it, how long it took, and what was asked', () => {
    assert.equal(line({method: 'POST', url: 'https://hello.test/cart?item=1'}), '200  POST     12.2 ms  /cart?item=1 ');
  });

  it.each([
    [{status: null, outcome: null}, /^… /],
    [{status: 200, outcome: 'cut-off'}, /^cut /],
    [{status: null, outcome: 'client-gone'}, /^gone /],
    [{status: 101, outcome: 'tunnelled', upgrade: 'websocket'}, /\(websocket\)$/],
    [{replayOf: 12}, /\(again #12\)$/],
  ] as const)('says what became of %j', (different, expected) => {
    assert.match(line(different), expected);
  });

  it('is one line, whatever was asked for', () => {
    assert.doesNotMatch(line({url: 'https://hello.test/\x1b[2J\n\t\x9b', method: 'GET\x07'}), /[\x00-\x1f\x7f-\x9f]/);
  });

  it('has colours by what came of it', () => {
    const style = createStyle({isColour: true});
    const lineOf = (status: number): string => requestLine(exchangeOf({status}), style);
    assert.match(lineOf(500), /^\x1b\[31m500/);
    assert.match(lineOf(404), /^\x1b\[33m404/);
    assert.match(lineOf(200), /^\x1b\[32m200/);
  });
});

describe('the path of a URL', () => {
  it.each([
    ['https://hello.test/a?b=c', '/a?b=c'],
    ['https://hello.test', '/'],
    ['https://hello.test?q', '?q'],
    ['http://[::1]:8080/x', '/x'],
    ['*', '/'],
  ])('of %s is %s', (url, expected) => {
    assert.equal(pathOf(url), expected);
  });
});

describe('a request in full', () => {
  const bodyOf = (body: Partial<CapturedBody> & {readonly data: string}): readonly string[] => {
    const whole: CapturedBody = {encoding: 'utf8', bytes: body.data.length, isTruncated: false, ...body};
    const lines = requestDetail(detailOf(exchangeOf(), {request: {fields: [], body: whole}}), 60);
    return lines.slice(lines.indexOf('Request') + 2, lines.indexOf('Response') - 1);
  };

  it('has JSON on several lines, and other text as it is', () => {
    assert.deepEqual(bodyOf({data: '{"a":[1]}'}), ['{', '  "a": [', '    1', '  ]', '}']);
    assert.deepEqual(bodyOf({data: '{broken'}), ['{broken']);
    assert.deepEqual(bodyOf({data: 'a=1\nb=2'}), ['a=1', 'b=2']);
  });

  it('says what is left out of a body, and how large one is that is no text', () => {
    assert.deepEqual(bodyOf({data: 'begin', bytes: 5_000, isTruncated: true}), ['begin', '… of 5.0 kB']);
    assert.deepEqual(bodyOf({data: 'AAEC', encoding: 'base64', bytes: 3}), ['3 B, not text']);
  });

  it('wraps what is wider than the screen', () => {
    const rows = requestDetail(detailOf(exchangeOf({url: `https://hello.test/${'x'.repeat(100)}`})), 40);
    for (const row of rows) assert.ok(row.length <= 40, row);
    assert.equal(
      rows
        .slice(0, 4)
        .join('')
        .startsWith(`GET https://hello.test/${'x'.repeat(100)}`),
      true,
    );
  });

  it('cannot write to the screen but its text', () => {
    const detail = detailOf(exchangeOf(), {
      request: {
        fields: [['x-evil', '\x1b[2J\x1b]0;title\x07']],
        body: {encoding: 'utf8', data: '\x1b[1;1Hmine\r\x9b2J', bytes: 20, isTruncated: false},
      },
      error: 'upstream said \x1b[31m',
    });
    for (const row of requestDetail(detail, 60)) assert.doesNotMatch(row, /[\x00-\x1f\x7f-\x9f]/);
  });

  it('tells of frames, of an error, and of the request that it repeats', () => {
    const rows = requestDetail(
      detailOf(exchangeOf({replayOf: 3}), {frames: {fromClient: 2, toClient: 1_200}, error: 'connection reset'}),
      80,
    );
    assert.ok(rows.includes('2 messages from the client, 1,200 to it'));
    assert.ok(rows.includes('connection reset'));
    assert.ok(rows.includes('sent again, first as #3'));
  });
});
