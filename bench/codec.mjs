// How long our HTTP/1.1 parser takes for a head, beside the least any parser in JavaScript could do (turning the same
// bytes into one string) and beside node:http. Node's parser cannot be had alone: it is measured as what its server costs
// for one more request of a pipeline, IncomingMessage and all, so it says what a request costs there and not how fast
// llhttp is. Processor time, alternating rounds, medians, one process.
import http from 'node:http';
import {Duplex} from 'node:stream';
import {NOT_UPSTREAM} from '../dist/proxy/field-kinds.js';
import {HeadParser} from '../dist/proxy/http1/head-parser.js';
import {checkRequest} from '../dist/proxy/http1/request-checks.js';

const ROUNDS = 41;
const HEADS_PER_ROUND = 20_000;
const NODE_HEADS_PER_ROUND = 1_000;

const REQUEST = head(
  'GET /dashboard/projects/42?tab=activity&page=3 HTTP/1.1',
  'Host: app.test:8443',
  'Connection: keep-alive',
  'sec-ch-ua: "Chromium";v="130", "Not?A_Brand";v="99"',
  'sec-ch-ua-mobile: ?0',
  'sec-ch-ua-platform: "Linux"',
  'Upgrade-Insecure-Requests: 1',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Sec-Fetch-Site: same-origin',
  'Sec-Fetch-Mode: navigate',
  'Sec-Fetch-Dest: document',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-GB,en;q=0.9',
  'Cookie: session=0123456789abcdef; theme=dark',
);
const SMALL_REQUEST = head('GET / HTTP/1.1', 'Host: app.test', 'Accept: */*');
const RESPONSE = head(
  'HTTP/1.1 200 OK',
  'Content-Type: text/html; charset=utf-8',
  'Content-Length: 13',
  'ETag: "abc123"',
  'Date: Thu, 01 Jan 2026 00:00:00 GMT',
  'Connection: keep-alive',
);

const parser = new HeadParser({fields: 100, targetBytes: 16 * 1024});

const candidates = [
  ['browser request: parse', REQUEST, bytes => parser.parseRequest(bytes, 0)],
  ['browser request: parse, check, render', REQUEST, parseAndRender],
  ['browser request: bytes to one string', REQUEST, bytes => bytes.toString('latin1').length],
  ['small request: parse', SMALL_REQUEST, bytes => parser.parseRequest(bytes, 0)],
  ['small response: parse', RESPONSE, bytes => parser.parseResponse(bytes, 0)],
].map(([name, bytes, run]) => ({name, bytes, run, times: []}));
const nodes = {name: 'browser request: node:http server', bytes: REQUEST, times: []};

for (let round = 0; round <= ROUNDS; round++) {
  for (const {bytes, run, times} of candidates) {
    const nanoseconds = measure(bytes, run);
    // The first round warms up.
    if (round > 0) times.push(nanoseconds);
  }
  const nanoseconds = measureNode(REQUEST);
  if (round > 0) nodes.times.push(nanoseconds);
}

for (const {name, bytes, times} of [...candidates, nodes]) {
  const median = times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
  const perSecond = Math.round(1e9 / median).toLocaleString('en');
  const columns = [name.padEnd(40), `${bytes.length} B`.padStart(6), `${median.toFixed(0)} ns`.padStart(9)];
  console.log(`${columns.join(' ')} ${perSecond.padStart(12)} heads/s`);
}

function head(...lines) {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function parseAndRender(bytes) {
  parser.parseRequest(bytes, 0);
  const {target} = checkRequest(parser);
  return target.length + parser.fields.render(NOT_UPSTREAM).length;
}

function measure(bytes, run) {
  let sum = 0;
  const before = process.cpuUsage();
  for (let count = 0; count < HEADS_PER_ROUND; count++) sum += run(bytes);
  const nanoseconds = nanosecondsSince(before);
  if (sum < HEADS_PER_ROUND) throw new Error('the bench parses nothing');
  return nanoseconds / HEADS_PER_ROUND;
}

/** Requests of one pipeline, none of which is answered. */
function measureNode(bytes) {
  let requests = 0;
  const server = http.createServer(() => {
    requests++;
  });
  const duplex = new Duplex({read() {}, write: (_chunk, _encoding, done) => done()});
  server.emit('connection', duplex);
  const pipeline = Buffer.concat(Array(NODE_HEADS_PER_ROUND).fill(bytes));
  const before = process.cpuUsage();
  duplex.emit('data', pipeline);
  const nanoseconds = nanosecondsSince(before);
  duplex.destroy();
  if (requests !== NODE_HEADS_PER_ROUND) throw new Error(`node:http saw ${requests} requests`);
  return nanoseconds / NODE_HEADS_PER_ROUND;
}

function nanosecondsSince(before) {
  const {user, system} = process.cpuUsage(before);
  return (user + system) * 1_000;
}
