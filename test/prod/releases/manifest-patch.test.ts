import assert from 'node:assert/strict';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import type {Manifest, ManifestEntry} from '../../../src/prod/releases/manifest.js';
import {manifestBytes} from '../../../src/prod/releases/manifest-bytes.js';
import {
  applyManifestPatch,
  makeManifestPatch,
  manifestPatchBytes,
  parseManifestPatch,
} from '../../../src/prod/releases/manifest-patch.js';
import {sha256Of} from '../../../src/prod/releases/sha256.js';
import {TakoError} from '../../../src/system/error.js';
import {fileEntry, manifestOf} from './support.js';

/** As it goes over the line. */
const patchOf = (base: Manifest, result: Manifest) =>
  parseManifestPatch(manifestPatchBytes(makeManifestPatch(base, result)));

const many = Array.from({length: 3_000}, (_, index) => fileEntry(`src/file-${index}.js`, `content ${index}`));

describe('a patch of a manifest', () => {
  it('gives the bytes of the other manifest', () => {
    const base = manifestOf([fileEntry('a', '1'), fileEntry('b', '1'), {path: 'c', link: 'a'}, fileEntry('e', '1')]);
    const result = manifestOf(
      [fileEntry('a', '1'), fileEntry('b', '2'), fileEntry('c', '1'), fileEntry('d', '1', true)],
      {
        variables: {NEW: '1'},
      },
    );
    assert.deepEqual(applyManifestPatch(manifestBytes(base), patchOf(base, result)), manifestBytes(result));
    assert.deepEqual(makeManifestPatch(base, result).removed, ['e']);
  });

  it('is small when one file of 3,000 changed', () => {
    const base = manifestOf(many);
    const result = manifestOf([...many.slice(1), fileEntry('src/file-0.js', 'changed')]);
    const bytes = manifestPatchBytes(makeManifestPatch(base, result));
    assert.ok(bytes.length < 1_500, `${bytes.length} bytes`);
  });

  it('is not applied to another manifest', () => {
    const [base, result] = [manifestOf([]), manifestOf(many)];
    assert.throws(() => applyManifestPatch(manifestBytes(result), patchOf(base, result)), {
      code: 'MANIFEST_BASE_DIFFERS',
    });
  });

  it('that gives anything else than it says is refused', () => {
    const [base, result] = [manifestOf([fileEntry('a', '1')]), manifestOf([fileEntry('b', '1')])];
    const patch = patchOf(base, result);
    const others = [
      {...patch, removed: []},
      {...patch, changed: []},
      {...patch, rest: {...patch.rest, app: 'x'}},
    ];
    for (const other of others) {
      assert.throws(() => applyManifestPatch(manifestBytes(base), other), {code: 'MANIFEST_INVALID'});
    }
  });

  it('that gives a manifest which is not right is refused, though its hash is', () => {
    const base = manifestOf([]);
    const outside = manifestOf([fileEntry('../../etc/passwd', 'x')]);
    const patch = {...makeManifestPatch(base, outside), result: sha256Of(manifestBytes(outside))};
    assert.throws(() => applyManifestPatch(manifestBytes(base), patch), {code: 'MANIFEST_INVALID'});
  });

  it('of a hostile depth is refused', () => {
    const text = manifestPatchBytes(makeManifestPatch(manifestOf([]), manifestOf([]))).toString();
    const deep = text.replace('"variables":{}', `"variables":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`);
    const apply = (): Buffer =>
      applyManifestPatch(manifestBytes(manifestOf([])), parseManifestPatch(Buffer.from(deep)));
    assert.throws(apply, {code: 'MANIFEST_INVALID'});
  });

  it('between any two manifests leads from the one to the other', () => {
    const entry = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd/e', 'd/f'), fc.constantFrom('1', '2', '-> a'));
    const manifest = fc.array(entry, {maxLength: 8}).map(pairs => manifestOf([...new Map(pairs)].map(toEntry)));
    fc.assert(
      fc.property(manifest, manifest, (base, result) => {
        assert.deepEqual(applyManifestPatch(manifestBytes(base), patchOf(base, result)), manifestBytes(result));
      }),
      {seed: 3, numRuns: 1_000},
    );
  });

  it('of any bytes is applied or refused with an error for people', () => {
    const base = manifestOf(many.slice(0, 5));
    const text = manifestPatchBytes(makeManifestPatch(base, manifestOf(many.slice(2, 8)))).toString();
    const cut = fc.tuple(fc.nat(text.length), fc.nat(20), fc.string({maxLength: 8}));
    const damaged = cut.map(([start, count, other]) => text.slice(0, start) + other + text.slice(start + count));
    fc.assert(
      fc.property(fc.oneof(damaged, fc.json()), input => {
        try {
          applyManifestPatch(manifestBytes(base), parseManifestPatch(Buffer.from(input)));
        } catch (error) {
          assert.ok(error instanceof TakoError, String(error));
        }
      }),
      {seed: 13, numRuns: 2_000},
    );
  });
});

const toEntry = ([path, content]: readonly [string, string]): ManifestEntry =>
  content === '-> a' ? {path, link: path.startsWith('d/') ? '../a' : 'a2'} : fileEntry(path, content);
