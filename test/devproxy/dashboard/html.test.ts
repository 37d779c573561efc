import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {colouredText} from '../../../src/devproxy/dashboard/coloured-text.js';
import {html} from '../../../src/devproxy/dashboard/html.js';
import {createRandom} from '../../helpers/random.js';

const EVIL = `"><script>alert('1')</script>&amp;`;

describe('markup', () => {
  it('takes what is put in as text, in elements and in attributes', () => {
    const {text} = html`<p title="${EVIL}">${EVIL}</p>`;
    assert.equal(
      text,
      '<p title="&#34;&#62;&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#38;amp;">&#34;&#62;&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#38;amp;</p>',
    );
  });

  it('takes other markup as it is, one by one or as a list', () => {
    const items = ['a', '<b>'].map(item => html`<li>${item}</li>`);
    assert.equal(html`<ul>${items}${html`<li>c</li>`}</ul>`.text, '<ul><li>a</li><li>&#60;b&#62;</li><li>c</li></ul>');
  });

  it('takes what only looks like markup as text', () => {
    assert.equal(html`${{text: '<b>'} as never}`.text, '[object Object]');
  });

  it('shows nothing for what is not there, and numbers as they are', () => {
    assert.equal(html`${null}${undefined}${false}${0}${12}`.text, '012');
  });

  it('leaves out what is for a terminal', () => {
    assert.equal(
      html`${'\x1b]8;;http://evil\x07link\x1b]8;;\x07 \x00\x08\x1b[2Jtext\tand tab'}`.text,
      'link text\tand tab',
    );
  });
});

describe('text with colours', () => {
  it('has them as classes, until they end', () => {
    assert.equal(
      colouredText('a \x1b[1;31mred\x1b[0m b \x1b[92mgreen\x1b[39m c').text,
      'a <span class="red bold">red</span> b <span class="green">green</span> c',
    );
  });

  it('knows the first of 256 colours, and passes over the finer ones', () => {
    assert.equal(colouredText('\x1b[38;5;9mx').text, '<span class="red">x</span>');
    assert.equal(colouredText('\x1b[38;2;1;2;3;4mx').text, '<span class="underline">x</span>');
    assert.equal(colouredText('\x1b[48;5;1mx\x1b[38:5:1my').text, 'xy');
  });

  it('ends bold and dim together, and italic and underline each', () => {
    const {text} = colouredText('\x1b[1;2;3;4ma\x1b[22mb\x1b[23mc\x1b[24md');
    assert.equal(
      text,
      '<span class="bold dim italic underline">a</span><span class="italic underline">b</span><span class="underline">c</span>d',
    );
  });

  it('never makes markup of what an app writes', () => {
    const random = createRandom(7);
    const parts = [
      '<',
      '>',
      '"',
      "'",
      '&',
      '\x1b[',
      '31',
      ';',
      'm',
      '\x1b',
      '\x9b',
      'script',
      ' ',
      '\x07',
      ']8;;',
      '38;5;',
    ];
    for (let round = 0; round < 2_000; round += 1) {
      const text = Array.from({length: 20}, () => parts[random.below(parts.length)]).join('');
      const left = colouredText(text).text.replaceAll(/<span class="[a-z ]+">|<\/span>/g, '');
      assert.doesNotMatch(left, /[<>"'\x1b]/, JSON.stringify(text));
    }
  });
});
