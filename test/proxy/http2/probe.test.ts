import {it} from 'vitest';
import {HeaderFields} from '../../../src/proxy/header-fields.js';
import {openRaw, request, requestFields, type Field} from './frames.js';
import {startEngine} from './harness.js';
import {frame, HEADERS, CONTINUATION} from './frames.js';

for (const mode of ['abort-after-flush', 'abort-later', 'abort-big', 'abort-head-only']) {
  it(mode, async () => {
    const engine = await startEngine({
      start(side) {
        side.attach({onBody() {}, onBodyEnd() {}, onClientDrain() {}, onClientGone() {}});
        side.sendHead({status: 200, reason: '', fields: new HeaderFields()}, -1);
        side.sendBody(Buffer.alloc(mode === 'abort-big' ? 300_000 : 5, 'a'));
        side.flush();
        if (mode === 'abort-later' || mode === 'abort-big') setTimeout(() => side.abort(), 100);
        else side.abort();
      },
    });
    const c = await openRaw(engine.port);
    c.send(request(1));
    await new Promise(r => setTimeout(r, 400));
    console.log(mode, c.frames.map(f => `${f.type}/${f.flags}/${f.id}/${f.payload.length}${f.type === 3 ? ':' + f.payload.readUInt32BE() : ''}`).join(' '));
  });
}
it('big head', async () => {
  const engine = await startEngine({});
  const c = await openRaw(engine.port);
  const fields: Field[] = Array.from({length: 110}, (_, index) => [`x-${String(index).padStart(4, '0')}`, 'a'.repeat(1_014)] as const);
  const p = request(1, requestFields({}, fields)).subarray(9);
  const parts = [];
  for (let i = 0; i < p.length; i += 16384) parts.push(p.subarray(i, i + 16384));
  c.send(...parts.map((x, i) => frame(i ? CONTINUATION : HEADERS, (i ? 0 : 1) | (i === parts.length - 1 ? 4 : 0), 1, x)));
  await new Promise(r => setTimeout(r, 400));
  console.log(engine.refused, c.frames.map(f => `${f.type}/${f.flags}/${f.id}/${f.payload.length}:${f.payload.toString('latin1').slice(0, 80)}`).join(' '));
});
