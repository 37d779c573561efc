// From samples to what they say: medians with their spread, and tako beside each peer.
import {NODE_PROXIES} from './proxies/list.mjs';

/** A proxy that left more of its core unused could not get more requests: its rate says little, its CPU time does. */
const LEAST_BUSY = 0.85;

/** What a work came to: a row for each proxy and a comparison for each target. */
export function summarize(work, {note, upstream, results, failures}) {
  const rows = [...results].map(([proxy, result]) => createRow(work, proxy, result));
  return {
    name: work.name,
    title: work.title,
    unit: work.unit,
    note,
    upstream,
    rows,
    comparisons: work.targets.flatMap(target => compare(work, rows, target)),
    failures: [...failures].map(([proxy, reason]) => ({proxy, reason})),
  };
}

function createRow(work, proxy, {samples, missingHeaders}) {
  const values = samples.map(({value}) => value);
  const notes = new Set(samples.map(({note}) => note).filter(note => note !== undefined));
  if (missingHeaders.length > 0) notes.add(`sends no ${missingHeaders.join(', ')}`);
  const busy = median(samples.map(({busy}) => busy ?? Number.NaN));
  const isHeldBack = isRate(work) && work.isPinned !== false && busy < LEAST_BUSY;
  if (isHeldBack) notes.add('core not used up, compare CPU');
  return {
    proxy,
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    cpuMicrosecondsPerRequest: median(samples.map(each => each.cpuMicrosecondsPerRequest)),
    busy,
    isHeldBack,
    isBehind: samples.filter(({isBehind}) => isBehind).length * 2 > samples.length,
    failed: samples.reduce((sum, {failed}) => sum + failed, 0),
    notes: [...notes],
    samples,
  };
}

/** Nothing when tako or the peer was not measured. */
function compare(work, rows, target) {
  const tako = rows.find(({proxy}) => proxy === 'tako');
  if (tako === undefined) return [];
  if (target.limit !== undefined) return [compareToLimit(tako, target.limit)];
  const peer = findPeer(work, rows, target.peer);
  if (peer === undefined) return [];
  const ratio = tako.median / peer.median;
  const cpuRatio = tako.cpuMicrosecondsPerRequest / peer.cpuMicrosecondsPerRequest;
  const name = target.peer === peer.proxy ? peer.proxy : `${target.peer} (${peer.proxy})`;
  const verdict = judgePair({tako, peer, ratio, cpuRatio}, target);
  return [{peer: name, ratio, cpuRatio, target: describeTarget(target), verdict}];
}

const compareToLimit = ({median: value}, limit) => ({
  peer: 'limit',
  ratio: value / limit,
  target: `at most ${limit}`,
  verdict: judge(value, {atMost: limit}),
});

function findPeer(work, rows, name) {
  if (name !== 'best node proxy') return rows.find(({proxy}) => proxy === name);
  const candidates = rows.filter(({proxy}) => NODE_PROXIES.includes(proxy)).sort((a, b) => a.median - b.median);
  return isRate(work) ? candidates.at(-1) : candidates[0];
}

const isRate = ({unit}) => unit.endsWith('/s');

function describeTarget({atLeast, atMost}) {
  if (atLeast !== undefined) return `at least ${atLeast} x`;
  return atMost === undefined ? '' : `at most ${atMost} x`;
}

/** One that fell behind the rate asked for has no time worth comparing. */
function judgePair({tako, peer, ratio, cpuRatio}, target) {
  const isHeldBack = tako.isHeldBack || peer.isHeldBack;
  const verdict = judge(isHeldBack ? ratioByCpu({tako, ratio, cpuRatio}) : ratio, target);
  if (verdict === '') return verdict;
  if (peer.isBehind) return 'void';
  if (tako.isBehind) return 'short';
  return isHeldBack ? `${verdict} by CPU` : verdict;
}

/**
 * Where a proxy was held back its rate is not its own; what it could do on a full core is about the inverse of its CPU time,
 * somewhat more in truth, as full batches are cheaper. Whatever of that flatters tako is not used: against a peer that alone
 * was held back it has to meet the target both ways.
 */
const ratioByCpu = ({tako, ratio, cpuRatio}) => (tako.isHeldBack ? 1 / cpuRatio : Math.min(ratio, 1 / cpuRatio));

/** A value that is not a number meets no target. */
function judge(value, {atLeast, atMost}) {
  if (atLeast === undefined && atMost === undefined) return '';
  const isMet = atLeast === undefined ? value <= atMost : value >= atLeast;
  return isMet ? 'pass' : 'short';
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
