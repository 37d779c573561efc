import assert from 'node:assert/strict';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {createInsertion} from '../../src/proxy/html-insertion.js';

const ADDITION = '<ADDED>';

/** What becomes of a document that comes in these pieces. */
function insert(...chunks: (string | Buffer)[]): string {
  const insertion = createInsertion(Buffer.from(ADDITION));
  const parts = chunks.map(chunk => Buffer.from(insertion(Buffer.from(chunk as string), false)));
  return Buffer.concat([...parts, insertion(Buffer.alloc(0), true)]).toString('latin1');
}

const PAGE = '<!doctype html><html><head><title>t</title></head><body>hello</body></html>';
const CHANGED = '<!doctype html><html><head><title>t</title><ADDED></head><body>hello</body></html>';

describe('an addition to a document', () => {
  it.each([
    ['before the end of the head', PAGE, CHANGED],
    ['whatever the case', '<HTML><HEAD></HEAD >x', '<HTML><HEAD><ADDED></HEAD >x'],
    ['before the end of the body, where the head has none', '<body>hello</body>', '<body>hello<ADDED></body>'],
    ['before the end of all, where the body has none', '<p>hello</html>', '<p>hello<ADDED></html>'],
    ['at the end, where nothing is closed', '<p>hello', '<p>hello<ADDED>'],
    ['to nothing at all', '', '<ADDED>'],
    ['not into a script', '<script>"</head>"</script></head>', '<script>"</head>"</script><ADDED></head>'],
    [
      'not into a script that compares',
      '<script>a</b;a<!--b</script></head>',
      '<script>a</b;a<!--b</script><ADDED></head>',
    ],
    ['not into a style', '<style>/*</head>*/</style>\n</head>', '<style>/*</head>*/</style>\n<ADDED></head>'],
    ['not into a title', '<title></head></title></head>', '<title></head></title><ADDED></head>'],
    ['not into a text area', '<textarea></body></textarea></body>', '<textarea></body></textarea><ADDED></body>'],
    ['not into a comment', '<!-- </head> -- > --></head>', '<!-- </head> -- > --><ADDED></head>'],
    ['behind a comment that ends as it begins', '<!--></head>', '<!--><ADDED></head>'],
    [
      'not into a value',
      `<p a="</head>" b='</body>' c = "</head>"></body>`,
      `<p a="</head>" b='</body>' c = "</head>"><ADDED></body>`,
    ],
    ['past a value without quotes', `<p a=b"c d=></head>`, `<p a=b"c d=><ADDED></head>`],
    ['not at a tag that begins like it', '</header></head-line></body>', '</header></head-line><ADDED></body>'],
    ['past elements that begin like a script', '<script-x></head>', '<script-x><ADDED></head>'],
    ['past a long name', '<averyveryverylongname></head>', '<averyveryverylongname><ADDED></head>'],
    ['past what is no tag', 'a < b << c </> <3 </head>', 'a < b << c </> <3 <ADDED></head>'],
    [
      'past an instruction',
      '<?xml version="1.0"?><!DOCTYPE html></head>',
      '<?xml version="1.0"?><!DOCTYPE html><ADDED></head>',
    ],
    ['behind a meta', '<meta charset="utf-8"></head>', '<meta charset="utf-8"><ADDED></head>'],
    ['once', '</head></head></body>', '<ADDED></head></head></body>'],
  ])('goes %s, however the document is cut', (_, page, changed) => {
    assert.equal(insert(page), changed);
    assert.equal(insert(...page.split('')), changed);
    for (let cut = 0; cut <= page.length; cut++) assert.equal(insert(page.slice(0, cut), page.slice(cut)), changed);
  });

  it.each([
    ['ends in a script', '<script>var a ='],
    ['ends in a comment', '<!-- hello'],
    ['ends in a tag', '<p class="'],
    ['ends in a name', 'hello <'],
    ['states a policy of its own', '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'"></head>'],
  ])('is left out of a document that %s', (_, page) => {
    assert.equal(insert(page), page);
    assert.equal(insert(...page.split('')), page);
  });

  it('is left out of UTF-16', () => {
    const page = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<head></head>', 'utf16le')]);
    assert.equal(insert(page), page.toString('latin1'));
    const insertion = createInsertion(Buffer.from(ADDITION));
    assert.deepEqual(insertion(page.subarray(0, 1), false), page.subarray(0, 1));
    assert.deepEqual(insertion(page.subarray(1), true), page.subarray(1));
  });

  it('holds back no more than a tag whose name is not complete', () => {
    const insertion = createInsertion(Buffer.from(ADDITION));
    assert.equal(insertion(Buffer.from('<p>hello'), false).toString(), '<p>hello');
    assert.equal(insertion(Buffer.from(' world</p'), false).toString(), ' world');
    assert.equal(insertion(Buffer.from('>more <a href="'), false).toString(), '</p>more <a href="');
    assert.equal(insertion(Buffer.from('x"><meta name="a"'), false).toString(), 'x">');
    assert.equal(insertion(Buffer.from('>'), false).toString(), '<meta name="a">');
  });

  it('does not hold back a meta without end', () => {
    const insertion = createInsertion(Buffer.from(ADDITION));
    const parts = [insertion(Buffer.from(`<meta a="${'x'.repeat(10_000)}`), false)];
    assert.equal(parts[0]?.length, 10_009);
    parts.push(insertion(Buffer.from('"></head>'), false), insertion(Buffer.alloc(0), true));
    assert.ok(Buffer.concat(parts).toString().endsWith('"><ADDED></head>'));
  });

  it('does not keep the bytes of a chunk that was passed on', () => {
    const insertion = createInsertion(Buffer.from(ADDITION));
    const chunk = Buffer.from('hello</hea');
    const first = Buffer.from(insertion(chunk, false));
    chunk.fill('x');
    assert.equal(first.toString() + insertion(Buffer.from('d>'), false).toString(), 'hello<ADDED></head>');
  });

  it('changes nothing else, whatever comes in whatever pieces', () => {
    const piece = fc.constantFrom(
      '<',
      '</',
      '>',
      '/',
      '!',
      '--',
      '"',
      "'",
      '=',
      ' ',
      'head',
      'body',
      'script',
      'meta',
      '<head>',
      '</head>',
      '<!--',
      '-->',
      '<script>',
      '</script>',
      '<p a="',
      'é',
      '\n',
      'content-security-policy',
      '</body>',
      '<title>',
    );
    fc.assert(
      fc.property(fc.array(piece, {maxLength: 40}), fc.array(fc.nat(60), {maxLength: 6}), (pieces, cuts) => {
        const page = Buffer.from(pieces.join(''));
        const at = [0, ...cuts.map(cut => Math.min(cut, page.length)).sort((a, b) => a - b), page.length];
        const chunks = at.slice(1).map((end, index) => page.subarray(at[index], end));
        const whole = insert(page);
        assert.equal(insert(...chunks), whole);
        assert.equal(whole.replace(ADDITION, ''), page.toString('latin1'));
      }),
      {seed: 20_261_121, numRuns: 3_000},
    );
  });
});
