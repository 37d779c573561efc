// One work from start to end: every proxy is started, warmed up and measured in turns, A B C A B C, so that whatever else
// the machine does meanwhile happens to all of them.
import {startSubject} from './subject.mjs';
import {startUpstream} from './upstream/start.mjs';

const WARM_UP_SECONDS = 2;

/**
 * Runs a work and resolves to `{note, upstream, results, failures}`: the samples of each proxy, and for each that did not
 * get through, why. `bench` is everything a work may need to know: folder, certificate, cores, seconds, rounds.
 */
export async function runWork(work, proxies, bench) {
  const pinned = work.isPinned === false ? {proxy: undefined, load: undefined} : bench.cores;
  const upstream = await startUpstream(work.upstream, {cpu: pinned.load, folder: bench.folder});
  const start = proxy => startSubject(proxy, createStartOptions({work, bench, upstream, cpu: pinned.proxy}));
  const outcome = {upstream: upstream.name, note: undefined, results: new Map(), failures: new Map()};
  try {
    await (work.startsAnew
      ? measureAnew(work, proxies, bench, {start, outcome})
      : measureTogether(work, proxies, bench, {start, outcome}));
  } finally {
    await upstream.close();
  }
  return outcome;
}

const createStartOptions = ({work, bench, upstream, cpu}) => ({
  upstream: upstream.port,
  certificate: bench.certificate,
  folder: bench.folder,
  workers: work.workers ?? 1,
  cpu,
});

async function measureTogether(work, proxies, bench, {start, outcome}) {
  const subjects = [];
  try {
    for (const proxy of proxies) {
      const subject = await attempt(outcome, proxy, () => start(proxy));
      if (subject) subjects.push(subject);
    }
    const plan = (await work.prepare?.(subjects, bench)) ?? {};
    outcome.note = plan.skipped ?? plan.note;
    if (plan.skipped !== undefined) return;
    if (!bench.isQuick)
      await measureRound({work, subjects, bench: {...bench, seconds: WARM_UP_SECONDS}, plan, outcome});
    // The warm-up went the whole way, so that a proxy it failed with is not measured.
    outcome.results.clear();
    for (let round = 0; round < bench.rounds; round++) await measureRound({work, subjects, bench, plan, outcome});
  } finally {
    for (const subject of subjects) await subject.close();
  }
}

async function measureAnew(work, proxies, bench, {start, outcome}) {
  const plan = (await work.prepare?.([], bench)) ?? {};
  outcome.note = plan.note;
  const rounds = Math.min(bench.rounds, work.mostRounds);
  for (let round = 0; round < rounds; round++) {
    for (const proxy of proxies) {
      const subject = await attempt(outcome, proxy, () => start(proxy));
      if (subject === undefined) continue;
      await measureRound({work, subjects: [subject], bench, plan, outcome});
      await subject.close();
    }
  }
}

async function measureRound({work, subjects, bench, plan, outcome}) {
  for (const subject of subjects) {
    const {proxy, missingHeaders} = subject;
    const sample = await attempt(outcome, proxy, () => work.measure(subject, bench, plan));
    if (sample === undefined) continue;
    const result = outcome.results.get(proxy.name) ?? {missingHeaders, samples: []};
    result.samples.push(sample);
    outcome.results.set(proxy.name, result);
  }
}

/** A proxy that failed once in a work is left out of the rest of it, with the reason kept. */
async function attempt({failures, results}, proxy, act) {
  if (failures.has(proxy.name)) return undefined;
  try {
    return await act();
  } catch (error) {
    failures.set(proxy.name, error.message);
    results.delete(proxy.name);
    return undefined;
  }
}
