import assert from 'node:assert/strict';
import {describe, it, onTestFinished} from 'vitest';
import type {AppEvent, LogLine} from '../../src/control/events.js';
import {LINE_WEIGHT, OUTPUT_LIMITS} from '../../src/supervisor/flood-gate.js';
import {LOG_LIMITS} from '../../src/supervisor/log-buffer.js';
import {type Live, startLive} from './live.js';

// An app that writes much more than anybody reads, and a daemon that has others to serve.

const LINES = 120_000;

/** Answers at once, and writes its lines on both streams when it is asked to. */
const FLOOD = `import {createServer} from 'node:http';
const text = 'x'.repeat(80);
createServer((request, response) => {
  response.end('ok');
  if (request.url !== '/flood') return;
  for (let line = 1; line <= ${LINES}; line++) (line % 3 === 0 ? console.error : console.log)(line + ' ' + text);
  console.log('the end of stdout');
  console.error('the end of stderr');
}).listen(Number(process.env.PORT), '127.0.0.1');
`;

async function startFlooding(): Promise<Live> {
  const live = await startLive();
  onTestFinished(() => live.close());
  await live.add('quiet', {'tako.toml': 'dev = ["node", "app.mjs"]\n', 'app.mjs': FLOOD});
  await live.add('loud', {'tako.toml': 'dev = ["node", "app.mjs"]\n', 'app.mjs': FLOOD});
  return live;
}

type Heard = {readonly lines: LogLine[]; skipped: number};

function hear(heard: Heard): (event: AppEvent) => void {
  return event => {
    if (event.type === 'log') heard.lines.push(event.line);
    if (event.type === 'skipped') heard.skipped += event.count;
  };
}

async function linesOf({control}: Live): Promise<readonly LogLine[]> {
  const logged: Heard = {lines: [], skipped: 0};
  await control.call('logs', {name: 'loud', count: 2 * LINES, follow: false}, {onEvent: hear(logged)});
  return logged.lines;
}

const isFlood = ({text}: LogLine): boolean => text.endsWith('x'.repeat(80));
const droppedIn = (lines: readonly LogLine[]): number => lines.reduce((sum, {dropped = 0}) => sum + dropped, 0);
/** In all of the log: the streams are read apart, so the end of one may stand thousands of lines before that of the other. */
const isOver = (lines: readonly LogLine[]): boolean =>
  ['the end of stdout', 'the end of stderr'].every(end => lines.some(({text}) => text === end));

describe('an app that floods', () => {
  it('keeps nobody from being served, and each of its lines is kept or counted', async () => {
    const live = await startFlooding();
    const [loud, quiet] = ['loud', 'quiet'].map(name => live.find(name, live.folder()));
    await Promise.all([loud?.get('/'), quiet?.get('/')]);
    const heard: Heard = {lines: [], skipped: 0};
    live.control.call('attach', {name: 'loud', after: 0}, {onEvent: hear(heard)}).catch(() => undefined);
    const startedAt = Date.now();
    const flooding = loud?.get('/flood');
    let answers = 0;
    let lines: readonly LogLine[] = [];
    while (!isOver(lines)) {
      assert.equal((await quiet?.get('/'))?.status, 200);
      answers++;
      lines = await linesOf(live);
    }
    await flooding;
    const elapsedMs = Date.now() - startedAt;
    assert.ok(answers > 0);
    const kept = lines.filter(isFlood);
    assert.equal(kept.length + droppedIn(lines), LINES);
    // Of each stream no more than the limits let through, so that neither memory nor disk grow with what it writes.
    const weight = kept.length * (80 + LINE_WEIGHT);
    const limit = OUTPUT_LIMITS.burstBytes + (OUTPUT_LIMITS.bytesPerSecond * elapsedMs) / 1_000;
    assert.ok(weight <= 2 * limit, `${weight} of ${limit} twice`);
    assert.ok(heard.lines.length + heard.skipped >= kept.length - LOG_LIMITS.maxLines);
  });

  it('and falls silent has its last words kept, however much came before', async () => {
    const live = await startFlooding();
    const loud = live.find('loud', live.folder());
    await loud.get('/flood');
    await loud.untilLogged(/the end of stdout/);
    await loud.untilLogged(/the end of stderr/);
    const log = await loud.log();
    assert.ok(log.some(line => line.startsWith(`${LINES} x`)));
  });
});
