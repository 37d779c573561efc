import {generateKeyPairSync} from 'node:crypto';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {openAuthority} from '../dist/ca/authority.js';
import {issueLeaf} from '../dist/ca/leaf.js';
import {systemClock} from '../dist/system/clock.js';

// What a first visit to a name waits for: a key and a signed certificate. The ratio to the
// key alone, which no program can avoid, is what can be compared between machines.

const RUNS = 200;

const folder = mkdtempSync(path.join(tmpdir(), 'tako-bench-'));
try {
  const authority = await openAuthority({folder, clock: systemClock});
  const leafMs = medianMs(() => issueLeaf(authority, 'app.test', systemClock.now()));
  const keyMs = medianMs(() => generateKeyPairSync('ec', {namedCurve: 'prime256v1'}));
  console.log(`leaf ${leafMs.toFixed(3)} ms, key ${keyMs.toFixed(3)} ms, ratio ${(leafMs / keyMs).toFixed(1)}`);
} finally {
  rmSync(folder, {recursive: true});
}

function medianMs(work) {
  const times = Array.from({length: RUNS}, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[RUNS / 2] ?? Number.NaN;
}
