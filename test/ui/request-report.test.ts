import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {formatLatency} from '../../src/ui/format.js';
import {renderRequestLine} from '../../src/ui/request-line.js';
import {renderRequestReport} from '../../src/ui/request-report.js';
import {createStyle} from '../../src/ui/style.js';
import {exchangeOf} from '../commands/requests/support.js';

const plain = createStyle({isColour: false});
const MORNING = new Date(2026, 0, 15, 9, 5, 7).getTime();

describe('a request in a list', () => {
  it('is one line', () => {
    assert.equal(
      renderRequestLine(exchangeOf({time: MORNING, url: 'https://web.test/a?b'}), plain),
      '09:05:07     12  200  GET      10.0 ms  https://web.test/a?b',
    );
  });

  it('says what is special about it', () => {
    const line = renderRequestLine(
      exchangeOf({
        time: MORNING,
        status: 101,
        outcome: 'client-gone',
        upgrade: 'websocket',
        replayOf: 3,
        timing: {queueMs: 1, coldStartMs: 1_234, firstByteMs: null, totalMs: null},
      }),
      plain,
    );
    assert.match(line, / - {2}https:.* {2}started the app in 1\.23 s {2}websocket {2}the client left {2}replay of 3$/);
  });

  it('has no answer yet', () => {
    assert.match(renderRequestLine(exchangeOf({status: null, outcome: null}), plain), / \.\.\. {2}GET/);
  });

  it('cannot paint what it likes', () => {
    const line = renderRequestLine(exchangeOf({url: 'https://web.test/\x1b[2J\x07', method: 'G\nT'}), plain);
    assert.ok(!/[\x00-\x1f]/.test(line), JSON.stringify(line));
  });
});

describe('a request in full', () => {
  it('has fields, bodies and where the time went', () => {
    const report = renderRequestReport(
      exchangeOf({
        time: MORNING,
        method: 'POST',
        url: 'https://web.test/orders',
        status: 201,
        timing: {queueMs: 10, coldStartMs: 50, firstByteMs: 30, totalMs: 100},
        request: {
          fields: [['Content-Type', 'application/json']],
          body: {encoding: 'utf8', data: '{"item":{"n":1}}', bytes: 16, isTruncated: false},
        },
        response: {
          reason: 'Created',
          fields: [['Content-Type', 'text/plain']],
          body: {encoding: 'utf8', data: 'made\n', bytes: 5_000_000, isTruncated: true},
        },
      }),
      plain,
    );
    assert.equal(
      report,
      `POST https://web.test/orders  201 Created
request 12: 2026-01-15 09:05:07, HTTP/1.1 from 127.0.0.1

  cold start   50.0 ms  ━━━━━━━━━━━━━━━
  queue        10.0 ms                 ━━━
  first byte   30.0 ms                    ━━━━━━━━━
  rest         10.0 ms                             ━━━
  total         100 ms

request
  Content-Type: application/json

  {
    "item": {
      "n": 1
    }
  }

response
  Content-Type: text/plain

  made
  … this is the beginning; it had 5.0 MB in all
`,
    );
  });
});

describe('how long a request took', () => {
  it('has about three digits', () => {
    assert.deepEqual(
      [null, 0, 0.123, 0.999, 1, 8.25, 99.94, 99.95, 412.4, 999.4, 999.5, 9_994, 9_995, 61_000].map(formatLatency),
      [
        '-',
        '0.00 ms',
        '0.12 ms',
        '1.00 ms',
        '1.0 ms',
        '8.3 ms',
        '99.9 ms',
        '100 ms',
        '412 ms',
        '999 ms',
        '1.00 s',
        '9.99 s',
        '10.0 s',
        '61.0 s',
      ],
    );
  });
});
