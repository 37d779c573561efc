// Writes so many lines a second, each with a call of its own, as console.log does; what it was kept from it makes up for.
// How many it has written stands in a file.
import {renameSync, writeFileSync, writeSync} from 'node:fs';
import {createServer} from 'node:http';

const [linesPerSecond, countFile] = [Number(process.argv[2]), process.argv[3]];
const TICK_MS = 10;
const LINE = `${'x'.repeat(99)}\n`;

createServer((_, response) => response.end()).listen(Number(process.env.PORT), '127.0.0.1', () => {
  const startedAt = performance.now();
  let written = 0;
  let saidAt = startedAt;
  setInterval(() => {
    const now = performance.now();
    // As a file that is full for a while, it does not have to write more than a second's worth at once.
    const due = Math.min(written + linesPerSecond, ((now - startedAt) / 1_000) * linesPerSecond);
    for (; written < due; written++) writeSync(1, LINE);
    if (now - saidAt < 100) return;
    saidAt = now;
    writeFileSync(`${countFile}.new`, String(written));
    renameSync(`${countFile}.new`, countFile);
  }, TICK_MS);
});
