// How many lookups a second a table of 10 to 10,000 routes answers: alternating rounds, medians, one process. A lookup
// walks labels and segments, never the routes, so the largest table may cost half more than the smallest at most.
import {createRouteTable} from '../dist/proxy/route-table.js';

const SIZES = [10, 100, 1_000, 10_000];
const ROUNDS = 41;
/** As many as may be hot at a time; with thousands it is the processor's cache that is measured. */
const REQUESTS = 250;
const LOOKUPS_PER_ROUND = 100_000;
const LIMIT = 1.5;

const candidates = SIZES.map(size => {
  const routes = createRoutes(size);
  return {size, table: createRouteTable(routes), requests: createRequests(routes), times: []};
});

for (let round = 0; round <= ROUNDS; round++) {
  for (const {table, requests, times} of candidates) {
    const start = performance.now();
    const found = lookUp(table, requests);
    const elapsed = performance.now() - start;
    if (found < LOOKUPS_PER_ROUND / 2) throw new Error('the bench looks for routes that do not exist');
    // The first round warms up.
    if (round > 0) times.push(elapsed);
  }
}

const medians = candidates.map(({size, times}) => {
  const median = times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
  const perSecond = Math.round((LOOKUPS_PER_ROUND / median) * 1_000);
  console.log(`${String(size).padStart(6)} routes ${perSecond.toLocaleString('en').padStart(12)} lookups/s`);
  return median;
});
const ratio = (medians.at(-1) ?? Number.NaN) / (medians[0] ?? Number.NaN);
const isOver = !(ratio <= LIMIT);
console.log(`10,000 : 10 routes ${ratio.toFixed(2)} x, ${isOver ? 'over' : 'within'} the limit of ${LIMIT} x`);
process.exitCode = isOver ? 1 : 0;

/** Hosts of their own, wildcards and paths in equal parts, as many as asked for. */
function createRoutes(size) {
  return Array.from({length: size}, (_, index) => {
    const group = Math.floor(index / 5);
    const route = [
      {host: `app-${group}.test`, path: '/'},
      {host: `app-${group}.test`, path: '/api/*'},
      {host: `app-${group}.test`, path: '/api/v1/status'},
      {host: `*.app-${group}.test`, path: '/'},
      {host: `*.preview.app-${group}.test`, path: '/assets/*'},
    ][index % 5];
    return {...route, app: `app-${index}`};
  });
}

/** As many requests for every table, spread over its routes; one in seven finds nothing. */
function createRequests(routes) {
  return Array.from({length: REQUESTS}, (_, index) => {
    const {host, path} = routes[(index * 7_919) % routes.length] ?? {};
    if (index % 7 === 6) return [`unknown-${index}.example`, '/'];
    return [host.replace('*', `branch-${index}`), `${path.replace('*', `item/${index}`)}?page=${index}`];
  });
}

function lookUp(table, requests) {
  let found = 0;
  for (let index = 0; index < LOOKUPS_PER_ROUND; index++) {
    const [host, target] = requests[index % REQUESTS];
    if (table.match(host, target)) found++;
  }
  return found;
}
