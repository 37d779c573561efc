import assert from 'node:assert/strict';
import type {Vps} from './vps.js';

/** The one process of tako on a server that was started with this word: `hold` or `serve`. */
export async function pidOf(vps: Vps, word: 'hold' | 'serve'): Promise<number> {
  const isIt = `case $(tr '\\0' ' ' <$folder/cmdline 2>/dev/null) in *'server.mjs ${word} ') echo \${folder#/proc/};; esac`;
  const {stdout} = await vps.run(`for folder in /proc/[0-9]*; do ${isIt}; done`);
  assert.match(stdout, /^\d+$/, `processes of ${word}`);
  return Number(stdout);
}
