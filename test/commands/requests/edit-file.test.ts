import assert from 'node:assert/strict';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {parseEditFile, renderEditFile, targetOf} from '../../../src/commands/requests/edit-file.js';
import {changeFields} from '../../../src/commands/requests/replay.js';
import type {ExchangeDetail} from '../../../src/control/exchanges.js';
import {TakoError} from '../../../src/system/error.js';
import {exchangeOf} from './support.js';

const ORDER: ExchangeDetail = exchangeOf({
  method: 'POST',
  url: 'https://web.test/orders?token=***&page=2',
  request: {
    fields: [
      ['Host', 'web.test'],
      ['Content-Length', '14'],
      ['Content-Type', 'application/json'],
      ['Authorization', 'Bearer ***'],
      ['X-Empty', ''],
    ],
    body: {encoding: 'utf8', data: '{"item":"cup"}', bytes: 14, isTruncated: false},
  },
});

const FIELDS = ORDER.request.fields.slice(2);

describe('the file in which a request is edited', () => {
  it('is a request as one would write it, without what is said anew', () => {
    assert.deepEqual(
      renderEditFile(ORDER)
        .split('\n')
        .filter(line => !line.startsWith('#')),
      [
        'POST /orders?token=***&page=2',
        'Content-Type: application/json',
        'Authorization: Bearer ***',
        'X-Empty: ',
        '',
        '{"item":"cup"}',
        '',
      ],
    );
  });

  it('left as it is, changes nothing', () => {
    assert.deepEqual(parseEditFile(renderEditFile(ORDER), ORDER), {method: 'POST', fields: FIELDS});
    const noBody = {...ORDER, request: {fields: FIELDS, body: null}};
    assert.deepEqual(parseEditFile(renderEditFile(noBody), noBody), {method: 'POST', fields: FIELDS});
  });

  it('gives what was changed, also with the line ends of another system', () => {
    const text = renderEditFile(ORDER)
      .replace('POST /orders', 'PUT  /other')
      .replace('X-Empty: ', 'X-New:a: b ')
      .replace('cup', 'mug')
      .replaceAll('\n', '\r\n');
    assert.deepEqual(parseEditFile(text, ORDER), {
      method: 'PUT',
      target: '/other?token=***&page=2',
      fields: [...FIELDS.slice(0, 2), ['X-New', 'a: b']],
      body: {encoding: 'utf8', data: '{"item":"mug"}'},
    });
  });

  it('keeps empty lines and comments of the body', () => {
    const edit = parseEditFile('# one\nPOST /\n\n# two\n\nthree\n\n', ORDER);
    assert.deepEqual(edit?.body, {encoding: 'utf8', data: '# two\n\nthree\n'});
    assert.deepEqual(edit.fields, []);
  });

  it('gives up when it is empty', () => {
    assert.equal(parseEditFile('', ORDER), undefined);
    assert.equal(parseEditFile('# only\n\n   \n# comments\n', ORDER), undefined);
  });

  it('says in which line there is no request', () => {
    const problemOf = (text: string): string => {
      try {
        parseEditFile(text, ORDER);
      } catch (error) {
        assert.ok(error instanceof TakoError);
        assert.equal(error.code, 'REPLAY_INVALID');
        return error.message;
      }
      assert.fail('it was taken');
    };
    assert.match(problemOf('#\n\nPOST\n'), /^line 3 of the file: expected a method and a path/);
    assert.match(problemOf('POST /a b\n'), /^line 1 /);
    assert.match(problemOf('POST /\naccept: */*\nnonsense\n'), /^line 3 of the file: expected a field/);
    assert.match(problemOf('POST /\n: x\n'), /^line 2 /);
  });

  it('leaves a body alone that it cannot show, until another one is written', () => {
    for (const body of [
      {encoding: 'base64', data: '/wD+', bytes: 3, isTruncated: false},
      {encoding: 'utf8', data: 'begin', bytes: 300_000, isTruncated: true},
    ] as const) {
      const exchange = {...ORDER, request: {fields: FIELDS, body}};
      const text = renderEditFile(exchange);
      assert.ok(!text.includes(body.data));
      assert.match(text, /^# The body is no(t kept whole| text)/m);
      assert.equal(parseEditFile(text, exchange)?.body, undefined);
      assert.deepEqual(parseEditFile(`${text}mine`, exchange)?.body, {encoding: 'utf8', data: 'mine'});
    }
  });

  it('gives back any request that HTTP can have', () => {
    const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/);
    const value = fc.stringMatching(/^(?:[\x21-\x7e\xa1-\xff](?:[\x20-\x7e\xa1-\xff]{0,20}[\x21-\x7e\xa1-\xff])?)?$/);
    const request = fc.record({
      method: fc.stringMatching(/^[!$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/),
      target: fc.stringMatching(/^\/[\x21\x22\x24-\x7e]{0,40}$/),
      fields: fc.array(fc.tuple(token, value)),
      data: fc.oneof(fc.string(), fc.constantFrom('', '\n', '\n\n', '# x', '\r\n', 'a\r\n')),
    });
    fc.assert(
      fc.property(request, ({method, target, fields, data}) => {
        const sent = fields.filter(([name]) => !/^(host|content-length|transfer-encoding|connection)$/i.test(name));
        const body = {encoding: 'utf8', data, bytes: data.length, isTruncated: false} as const;
        const exchange = exchangeOf({method, url: `https://web.test${target}`, request: {fields, body}});
        assert.deepEqual(parseEditFile(renderEditFile(exchange), exchange), {method, fields: sent});
      }),
      {seed: 6, numRuns: 1_000},
    );
  });

  it('is read without harm, whatever it is', () => {
    const line = fc.oneof(fc.string(), fc.constantFrom('', 'POST /', 'a: b', '# c', '\r', ':', 'POST'));
    fc.assert(
      fc.property(fc.array(line), lines => {
        try {
          parseEditFile(lines.join('\n'), ORDER);
        } catch (error) {
          assert.ok(error instanceof TakoError && error.code === 'REPLAY_INVALID', String(error));
        }
      }),
      {seed: 6, numRuns: 2_000},
    );
  });
});

describe('fields that are changed on the command line', () => {
  const before = [
    ['Accept', '*/*'],
    ['X-Twice', 'a'],
    ['x-twice', 'b'],
  ] as const;

  it('take the place of all of their name, or take them away', () => {
    assert.deepEqual(changeFields(before, ['X-TWICE: c', 'New: d:e']), [before[0], ['X-TWICE', 'c'], ['New', 'd:e']]);
    assert.deepEqual(changeFields(before, ['x-twice:']), [before[0]]);
    assert.deepEqual(changeFields(before, ['A: 1', 'a: 2']).slice(3), [
      ['A', '1'],
      ['a', '2'],
    ]);
  });

  it('are refused where they are none', () => {
    assert.throws(() => changeFields(before, ['nonsense']), {code: 'OPTIONS_INVALID'});
    assert.throws(() => changeFields(before, [': x']), {code: 'OPTIONS_INVALID'});
  });
});

describe('the target of a URL', () => {
  it('is all behind its host, as it was sent', () => {
    assert.equal(targetOf('https://web.test:8443/a//b?c=https://x/'), '/a//b?c=https://x/');
    assert.equal(targetOf('https://web.test/'), '/');
    assert.equal(targetOf('https://web.test'), '*');
  });
});
