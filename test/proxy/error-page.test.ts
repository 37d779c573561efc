import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {type ErrorAnswer, renderErrorAnswer} from '../../src/proxy/error-page.js';

const ANSWER: ErrorAnswer = {
  status: 502,
  code: 'APP_EXITED',
  message: 'app exited with code 1',
  hint: 'see its log',
  lines: ['first', 'second'],
  links: ['https://app.test'],
};

describe('an error answer', () => {
  it.each([
    ['text/html,application/xhtml+xml;q=0.9,*/*;q=0.8', 'text/html'],
    ['application/json', 'application/json'],
    ['application/problem+json', 'application/json'],
    ['Application/JSON, text/plain', 'application/json'],
    ['*/*', 'text/plain'],
    ['', 'text/plain'],
    [undefined, 'text/plain'],
  ])('for a client that accepts %s is %s', (accept, type) => {
    assert.equal(renderErrorAnswer(ANSWER, accept).headers['content-type'], `${type}; charset=utf-8`);
  });

  it('is never stored, says its length in bytes, and is not to be sniffed', () => {
    const {headers, body} = renderErrorAnswer({...ANSWER, message: 'größer'}, undefined);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers.vary, 'accept');
    assert.equal(headers['content-length'], String(Buffer.byteLength(body)));
    assert.equal('retry-after' in headers, false);
  });

  it('tells when to try again, where that makes sense', () => {
    assert.equal(renderErrorAnswer({...ANSWER, retryAfterSeconds: 1}, undefined).headers['retry-after'], '1');
  });

  it('is readable as plain text', () => {
    assert.equal(
      renderErrorAnswer(ANSWER, undefined).body,
      '502 APP_EXITED: app exited with code 1\nsee its log\n  https://app.test\nfirst\nsecond\n',
    );
  });

  it('is one JSON object', () => {
    assert.deepEqual(JSON.parse(renderErrorAnswer(ANSWER, 'application/json').body), {error: ANSWER});
  });

  it('escapes all that it is given for HTML', () => {
    const evil = `<script>alert("it's & me")</script>{{title}}$&`;
    const answer = {...ANSWER, code: evil, message: evil, hint: evil, lines: [evil, '</pre>'], links: [`x"${evil}`]};
    const {body} = renderErrorAnswer(answer, 'text/html');
    assert.doesNotMatch(body, /<script/);
    assert.doesNotMatch(body, /<\/pre>[\s\S]*<\/pre>/);
    const escaped = '&#60;script&#62;alert(&#34;it&#39;s &#38; me&#34;)&#60;/script&#62;{{title}}$&#38;';
    for (const place of [
      `<h1>${escaped}</h1>`,
      `<p class="hint">${escaped}</p>`,
      `<pre>${escaped}\n`,
      `x&#34;${escaped}"`,
    ]) {
      assert.ok(body.includes(place), place);
    }
  });

  it('is a whole page without links and lines too', () => {
    const {body} = renderErrorAnswer({status: 500, code: 'X', message: 'm'}, 'text/html');
    assert.match(body, /^<!doctype html>/);
    assert.match(body, /<\/html>\s*$/);
    assert.doesNotMatch(body, /\{\{|undefined|<ul>|<pre>/);
  });

  it('shows lines of a terminal as text', () => {
    const lines = [
      '\x1b[31mred\x1b[39m and \x1b[38;2;1;2;3mtrue colour\x1b[0m',
      '\x1b[2K\x1b[1Gcleared\x07\x00',
      '\x1b]8;;https://a.test\x07link\x1b]8;;\x07',
      'tab\tstays\r',
    ];
    const expected = ['red and true colour', 'cleared', 'link', 'tab\tstays'];
    assert.ok(renderErrorAnswer({...ANSWER, lines}, 'text/html').body.includes(`<pre>${expected.join('\n')}</pre>`));
    assert.ok(renderErrorAnswer({...ANSWER, lines}, undefined).body.endsWith(`${expected.join('\n')}\n`));
    assert.deepEqual(JSON.parse(renderErrorAnswer({...ANSWER, lines}, 'application/json').body).error.lines, expected);
  });
});
