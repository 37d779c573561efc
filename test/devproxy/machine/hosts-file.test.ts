import assert from 'node:assert/strict';
import {chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {updateHostsFile} from '../../../src/devproxy/machine/hosts-file.js';
import {hostsLines, hostsToName, updatedHosts} from '../../../src/devproxy/machine/hosts-names.js';
import {withBlock, withoutBlock} from '../../../src/system/changes/change.js';
import {createRandom} from '../../helpers/random.js';

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'tako-hosts-'));
  onTestFinished(() => rmSync(made, {recursive: true, force: true}));
  return made;
}

describe('the hosts file', () => {
  it('is kept in step where setup has put a block there, and keeps its mode', () => {
    const at = folder();
    const file = path.join(at, 'hosts');
    writeFileSync(file, withBlock('127.0.0.1 localhost\n# mine\n', hostsLines(['old.test'])));
    chmodSync(file, 0o640);
    assert.equal(updateHostsFile(file, ['a.test', 'b.test']), 'written');
    assert.equal(
      readFileSync(file, 'utf8'),
      withBlock('127.0.0.1 localhost\n# mine\n', ['127.0.0.1 a.test', '::1 a.test', '127.0.0.1 b.test', '::1 b.test']),
    );
    assert.equal(statSync(file).mode & 0o777, 0o640);
    assert.equal(updateHostsFile(file, ['a.test', 'b.test']), 'same');
    assert.deepEqual(readdirSync(at), ['hosts']);
  });

  it('is what a link leads to', () => {
    const at = folder();
    writeFileSync(path.join(at, 'real'), withBlock('', hostsLines([])));
    symlinkSync('real', path.join(at, 'hosts'));
    assert.equal(updateHostsFile(path.join(at, 'hosts'), ['a.test']), 'written');
    assert.match(readFileSync(path.join(at, 'real'), 'utf8'), /127\.0\.0\.1 a\.test/);
  });

  it('is left alone where nobody asked for a block, or there is none at all', () => {
    const file = path.join(folder(), 'hosts');
    assert.equal(updateHostsFile(file, ['a.test']), 'same');
    const texts = ['', '127.0.0.1 localhost', '# tako end\n', '# tako begin\n127.0.0.1 x.test\n'];
    for (const text of texts) {
      writeFileSync(file, text);
      assert.equal(updateHostsFile(file, ['a.test']), 'same');
      assert.equal(readFileSync(file, 'utf8'), text);
    }
  });

  it('never loses a line of anybody else, whatever the file has', () => {
    const random = createRandom(7);
    const pieces = [
      '127.0.0.1 localhost',
      '# tako begin',
      '# tako end',
      '',
      ' \t',
      '10.0.0.1 a.test # x',
      '\r',
      '\u00e9',
    ];
    for (let round = 0; round < 500; round++) {
      const lines = Array.from({length: random.below(8)}, () => pieces[random.below(pieces.length)] ?? '');
      const rest = lines.join('\n') + (random.below(2) === 0 ? '\n' : '');
      const text = withBlock(rest, hostsLines(['old.test']));
      const updated = updatedHosts(text, ['new.test']);
      assert.ok(updated !== undefined);
      assert.equal(withoutBlock(updated), withoutBlock(text));
      assert.ok(withoutBlock(updated) === rest || withoutBlock(updated) === `${rest}\n`);
    }
  });

  it('names hosts of the zones, tako itself, and no wildcards', () => {
    const hosts = ['shop.test', '*.shop.test', 'shop.localhost', 'shop.local', 'api.dev.example.com', 'test.example'];
    assert.deepEqual(hostsToName(hosts, ['test', 'dev.example.com']), [
      'api.dev.example.com',
      'shop.test',
      'tako.test',
    ]);
    assert.deepEqual(hostsToName(hosts, ['tako.test']), ['tako.test']);
  });
});
