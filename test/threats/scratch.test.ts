import {it} from 'vitest';
import {setTimeout as delay} from 'node:timers/promises';
import {createRandom} from '../helpers/random.js';
import {startProxyHere} from './proxy-here.js';
import * as leaks from './leaks.test.js';
it('x', {timeout: 60000}, async () => {
  const {startApp, comeAndGo} = leaks as any;
  const open = new Set<any>();
  const upstream = await startApp();
  const proxy = await startProxyHere({upstream, createContext: (s: any) => void open.add(s), logging: (s: any) => void open.delete(s)} as any);
  for (let round = 0; round < 8; round++) {
    const random = createRandom(round * 77 + 1);
    let left = 500;
    await Promise.all(Array.from({length: 25}, async () => { while (left-- > 0) await comeAndGo(proxy, random); }));
    await delay(1500);
    for (const s of open) console.log(round, 'STUCK', s.request.method, s.request.target, s.client.httpVersion, s.client.isSecure, 'answered', s.isAnswered, 'attempts', s.attempts, 'status', s.response?.status, s.bytesSent, s.error?.message, 'hasBody', s.hasBody, 'upgrade', s.upgrade, 'recv', s.bytesReceived, 'tlsdestroyed', s.client.tls?.destroyed);
    if (open.size) break;
  }
});
