import {it} from 'vitest';
import {createRandom} from '../../helpers/random.js';
import {REQUESTS, RESPONSES} from './corpus.js';
import {mutate} from './mutate.js';
import {bytesOf, readRequests, readResponses} from './read-messages.js';
import {readRequestsWithNode, readResponsesWithNode} from './read-with-node.js';
import {appendFileSync, writeFileSync} from 'node:fs';
it('x', {timeout: 300000}, async () => {
  const random = createRandom(Number(process.env.SEED ?? 1));
  const seen = new Map<string, number>();
  const note = (k: string, m: string, extra: string) => { const n = (seen.get(k) ?? 0) + 1; seen.set(k, n); if (n <= 3) appendFileSync('/tmp/x/out', `${k}\n   ${JSON.stringify(m)}\n   ${extra}\n`); };
  writeFileSync('/tmp/x/out','');
  for (let round = 0; round < Number(process.env.ROUNDS ?? 100); round++) {
    const texts = Array.from({length: 100}, () => mutate(REQUESTS, random));
    const node = await readRequestsWithNode(texts.map(bytesOf));
    texts.forEach((text, i) => {
      const ours = readRequests([bytesOf(text)]); const theirs = node[i]!;
      const oursList = ours.messages.filter(m => m.end !== -1);
      oursList.forEach((m, k) => {
        const t = theirs.messages[k];
        if (t === undefined || !t.isComplete) return note(`we accept, node: ${theirs.refusal || 'incomplete'} ${t ? 'body' : 'head'}`, text, JSON.stringify(m));
        const a = JSON.stringify([m.start[0], m.minorVersion, m.fields.flat(), m.body, m.trailers.flat()]);
        if (t.start[0] !== m.start[0]) note('method', text, JSON.stringify([m, t]));
        if (t.start[1] !== m.start[1]) note('target', text, JSON.stringify([m, t]));
        if (m.body !== t.body) note('body', text, JSON.stringify([m, t]));
        if (JSON.stringify(m.fields.flat()) !== JSON.stringify(t.rawHeaders)) note('fields', text, JSON.stringify([m.fields.flat(), t.rawHeaders]));
        if (JSON.stringify(m.trailers.flat()) !== JSON.stringify(t.rawTrailers)) note('trailers', text, JSON.stringify([m, t]));
      });
      const extra = theirs.messages[oursList.length];
      if (ours.outcome !== 'closed' && extra?.isComplete) note(`node accepts, we: ${ours.outcome} ${ours.problem}`, text, JSON.stringify(extra));
      if (ours.outcome === 'incomplete' && theirs.refusal) note(`we incomplete, node ${theirs.refusal}`, text, '');
    });
  }
  appendFileSync('/tmp/x/out', JSON.stringify([...seen], null, 1));
});
