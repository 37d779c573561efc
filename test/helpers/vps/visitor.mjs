// Visits hosts over HTTPS on this network's own loopback for as long as its standard input is open: of each, one request
// after another over a kept connection, and as many over new ones. A line of input is answered with a line of JSON:
// `report`: what came of it so far; `pause`: when no request is under way and no
// connection kept, and none begins; `resume`.
//
// node visitor.mjs <host>...

import {Agent, request} from 'node:https';
import {createInterface} from 'node:readline';
import {setTimeout as delay} from 'node:timers/promises';

/** Between two requests over one connection, in milliseconds: a light load. */
const PAUSE_MS = 25;
/** A guard against hanging. */
const TIMEOUT_MS = 30_000;
/** Of failures, so many are told in full. */
const TOLD = 5;

const [, , ...hosts] = process.argv;
const tally = {right: 0, failed: 0, failures: []};
let isPaused = false;
let underWay = 0;

const agents = [true, false].map(
  keepAlive => new Agent({keepAlive, maxSockets: hosts.length, rejectUnauthorized: false}),
);
for (const host of hosts) {
  for (const agent of agents) void visit(host, agent);
}

async function visit(host, agent) {
  for (;;) {
    if (!isPaused) await count(host, agent);
    await delay(PAUSE_MS);
  }
}

async function count(host, agent) {
  underWay += 1;
  const startedAt = new Date().toISOString();
  try {
    const {status, body} = await get(host, agent);
    if (status !== 200 || !body.startsWith('ok ')) throw new Error(`${status} ${body.slice(0, 200)}`);
    tally.right += 1;
  } catch (error) {
    tally.failed += 1;
    const kind = agent.keepAlive ? 'kept' : 'new';
    if (tally.failures.length < TOLD) tally.failures.push(`${startedAt} ${host}, ${kind} connection: ${error.message}`);
  } finally {
    underWay -= 1;
  }
}

function get(host, agent) {
  const {promise, resolve, reject} = Promise.withResolvers();
  const options = {
    host: '127.0.0.1',
    servername: host,
    headers: {host},
    agent,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  };
  const sent = request(options, answer => {
    let body = '';
    answer.setEncoding('utf8');
    answer.on('data', text => {
      body += text;
    });
    answer.on('error', reject);
    answer.on('end', () => resolve({status: answer.statusCode, body}));
  });
  sent.once('error', reject).end();
  return promise;
}

for await (const line of createInterface({input: process.stdin})) {
  isPaused = line === 'pause' || (line === 'report' && isPaused);
  while (line === 'pause' && underWay > 0) await delay(1);
  if (line === 'pause') for (const agent of agents) agent.destroy();
  process.stdout.write(`${JSON.stringify(tally)}\n`);
}
process.exit();
