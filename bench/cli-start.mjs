// How long `tako --version` and `tako --help` take, against a bare `node -e 0`: alternating rounds, medians, one run.
import {spawnSync} from 'node:child_process';
import path from 'node:path';

const ROUNDS = 30;
const LIMIT = 3;
const cli = path.resolve(import.meta.dirname, '../dist/cli.js');
const commands = {'node -e 0': ['-e', '0'], 'tako --version': [cli, '--version'], 'tako --help': [cli, '--help']};

const times = new Map(Object.keys(commands).map(name => [name, []]));
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, args] of Object.entries(commands)) {
    const start = performance.now();
    spawnSync(process.execPath, args, {stdio: 'ignore'});
    // The first round fills caches.
    if (round > 0) times.get(name)?.push(performance.now() - start);
  }
}

const median = values => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const bare = median(times.get('node -e 0') ?? []);
let isOver = false;
for (const [name, values] of times) {
  const ratio = median(values) / bare;
  isOver ||= ratio > LIMIT;
  console.log(`${name.padEnd(16)} ${median(values).toFixed(1).padStart(7)} ms   ${ratio.toFixed(2)} x`);
}
console.log(isOver ? `over the limit of ${LIMIT} x` : `within the limit of ${LIMIT} x`);
process.exitCode = isOver ? 1 : 0;
