import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {pathOf, requestDetail, requestLine} from '../../../src/ui/screen/request-lines.js';
import {createStyle, NO_COLOURS} from '../../../src/ui/style.js';
import {detailOf, exchangeOf} from '../fake-session.js';

const line = (different: Parameters<typeof exchangeOf>[0]): string => requestLine(exchangeOf(different), NO_COLOURS);

describe('the line of a request', () => {
  it('has what came of it, how long it took, and what was asked', () => {
    assert.equal(line({method: 'POST', url: 'https://hello.test/cart?item=1'}), '200  POST     12.2 ms  /cart?item=1');
  });

  it.each([
    [{status: null, outcome: null}, /^… /],
    [{status: 200, outcome: 'cut-off'}, /^cut .*\(the answer broke off\)$/],
    [{status: null, outcome: 'client-gone'}, /^gone /],
    [{status: 101, outcome: 'tunnelled', upgrade: 'websocket'}, /\(websocket\)$/],
    [{replayOf: 12}, /\(replay of 12\)$/],
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
  it('has what was asked and answered, JSON on several lines', () => {
    const body = {encoding: 'utf8', data: '{"a":[1]}', bytes: 9, isTruncated: false} as const;
    const detail = detailOf(exchangeOf(), {request: {fields: [['content-type', 'application/json']], body}});
    const rows = requestDetail(detail, 60);
    assert.match(rows[0] ?? '', /^GET https:\/\/hello\.test\/ {2}200 OK$/);
    for (const row of ['  content-type: application/json', '  {', '    "a": [', '  }'])
      assert.ok(rows.includes(row), row);
  });

  it('wraps what is wider than the screen', () => {
    const rows = requestDetail(detailOf(exchangeOf({url: `https://hello.test/${'x'.repeat(100)}`})), 40);
    for (const row of rows) assert.ok(row.length <= 40, row);
    assert.ok(
      rows
        .slice(0, 4)
        .join('')
        .startsWith(`GET https://hello.test/${'x'.repeat(100)}`),
    );
  });

  it('cannot write to the screen but its text', () => {
    const body = {encoding: 'utf8', data: '\x1b[1;1Hmine\r\x9b2J', bytes: 20, isTruncated: false} as const;
    const fields = [['x-evil', '\x1b[2J\x1b]0;title\x07']] as const;
    const detail = detailOf(exchangeOf(), {request: {fields, body}, error: 'upstream said \x1b[31m'});
    for (const row of requestDetail(detail, 60)) assert.doesNotMatch(row, /[\x00-\x1f\x7f-\x9f]/);
  });
});
