import {it} from 'vitest';
import {createRandom} from '../../helpers/random.js';
import {RESPONSES} from './corpus.js';
import {mutate} from './mutate.js';
import {bytesOf, readResponses} from './read-messages.js';
import {readResponsesWithNode} from './read-with-node.js';
import {appendFileSync, writeFileSync} from 'node:fs';
it('x', {timeout: 300000}, async () => {
  const random = createRandom(Number(process.env.SEED ?? 1));
  const seen = new Map<string, number>();
  const note = (k: string, m: string, extra: string) => { const n = (seen.get(k) ?? 0) + 1; seen.set(k, n); if (n <= 3) appendFileSync('/tmp/x/out', `${k}\n   ${JSON.stringify(m)}\n   ${extra}\n`); };
  writeFileSync('/tmp/x/out','');
  for (let round = 0; round < Number(process.env.ROUNDS ?? 100); round++) {
    const method = round % 4 === 0 ? 'HEAD' : 'GET';
    const texts = Array.from({length: 100}, () => mutate(RESPONSES, random));
    const ours = texts.map(t => readResponses([bytesOf(t)], method));
    const endOf = (i: number) => ours[i]!.messages.at(-1)?.end ?? -1;
    const whole = await readResponsesWithNode(texts.map((text, i) => ({text: bytesOf(text).subarray(0, endOf(i) === -1 ? undefined : endOf(i)), isEnded: endOf(i) === text.length})), method);
    const short = await readResponsesWithNode(texts.map((text, i) => ({text: bytesOf(text).subarray(0, Math.max(0, endOf(i) - 1)), isEnded: false})), method);
    texts.forEach((text, i) => {
      const o = ours[i]!; const t = whole[i]!;
      const complete = o.messages.filter(m => m.end !== -1);
      if (o.outcome === 'closed') {
        const last = complete.at(-1)!; const nl = t.messages.at(-1);
        if (short[i]!.messages.at(-1)?.isComplete && short[i]!.messages.length === o.messages.length) note('node ends earlier', text, JSON.stringify([last, short[i]]));
        complete.forEach((m, k) => {
          const n = t.messages[k];
          if (n === undefined || !n.isComplete) return note(`we accept, node: ${t.refusal || 'incomplete'} ${n ? 'body' : 'head'}`, text, JSON.stringify([m, t]));
          if (t.refusal) note('both, but node says ' + t.refusal, text, '');
          if (JSON.stringify(m.start) !== JSON.stringify(n.start)) note('start', text, JSON.stringify([m, n]));
          if (m.body !== n.body) note('body', text, JSON.stringify([m, n]));
          if (JSON.stringify(m.fields.flat()) !== JSON.stringify(n.rawHeaders)) note('fields', text, JSON.stringify([m.fields.flat(), n.rawHeaders]));
          if (JSON.stringify(m.trailers.flat()) !== JSON.stringify(n.rawTrailers)) note('trailers', text, JSON.stringify([m, n]));
        });
      } else {
        const extra = t.messages.find((m, k) => k >= complete.length && m.isComplete);
        if (extra) note(`node accepts, we: ${o.outcome} ${o.problem}`, text, JSON.stringify([o,extra]));
        if (o.outcome === 'incomplete' && t.refusal) note(`we incomplete, node ${t.refusal}`, text, '');
      }
    });
  }
  appendFileSync('/tmp/x/out', JSON.stringify([...seen], null, 1));
});
