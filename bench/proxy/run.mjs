// tako beside the proxies people know, in one run on one machine. bench/README.md says how to read what it prints.
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {issueCertificate} from './certificate.mjs';
import {summarize} from './comparison.mjs';
import {describeMachine, findCores, findVersion} from './machine.mjs';
import {choose, parseOptions, USAGE} from './options.mjs';
import {stopAll} from './process.mjs';
import {createProxies} from './proxies/list.mjs';
import {runWork} from './rounds.mjs';
import {renderVerdicts, renderWork} from './table.mjs';
import {WORKS} from './works/list.mjs';

const TOOLS = {wrk: 'apt install wrk', h2load: 'apt install nghttp2-client'};

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopAll().finally(() => process.exit(130)));
try {
  await run(parseOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function run(options) {
  const all = createProxies(options.cli);
  if (options.isHelp) return console.log(USAGE);
  if (options.isList) return console.log(`works: ${namesOf(WORKS)}\nproxies: ${namesOf(all)}`);
  const works = choose(WORKS, options.only ?? (options.isQuick ? namesInQuick() : undefined), 'work');
  const chosen = choose(all, options.peers, 'proxy');
  const {proxies, versions} = findInstalled(chosen);
  const folder = mkdtempSync(path.join(tmpdir(), 'tako-bench-proxy-'));
  process.on('exit', () => rmSync(folder, {recursive: true, force: true}));

  const bench = {
    ...options,
    folder,
    certificate: issueCertificate(folder),
    cores: findCores(),
    missing: findMissingTools(),
  };
  const machine = {...describeMachine(), versions, cores: bench.cores};
  printMachine(machine, bench);
  const results = await runWorks(works, proxies, bench, works => writeJson({machine, options, works}));
  console.log(`\ntargets\n${renderVerdicts(results)}`);
  const isTakoMissing = chosen[0].name === 'tako' && versions.tako === undefined;
  if (isTakoMissing || results.some(isBroken)) process.exitCode = 1;
}

function findInstalled(proxies) {
  const versions = {};
  for (const proxy of proxies) {
    const version = proxy.version();
    if (version === undefined) console.log(`missing: ${proxy.name} (${proxy.install})`);
    else versions[proxy.name] = version;
  }
  return {versions, proxies: proxies.filter(({name}) => name in versions)};
}

function findMissingTools() {
  const missing = new Set(Object.keys(TOOLS).filter(tool => findVersion(tool, ['--version']) === undefined));
  for (const tool of missing) console.log(`missing: ${tool} (${TOOLS[tool]})`);
  return missing;
}

/** What is measured is saved after every work: the whole takes long enough to be interrupted. */
async function runWorks(works, proxies, bench, save) {
  const results = [];
  for (const work of works) {
    const missing = work.tools.filter(tool => bench.missing.has(tool));
    const serving = proxies.filter(work.serves);
    if (missing.length > 0) console.log(`\n${work.name}: skipped, ${missing.join(' and ')} is missing`);
    else if (serving.length === 0) console.log(`\n${work.name}: skipped, none of the proxies takes part`);
    else results.push(await runOne(work, serving, bench));
    save(results);
  }
  return results;
}

/** A work that breaks takes none of the others along. */
async function runOne(work, proxies, bench) {
  const result = await measure(work, proxies, bench).catch(error => createBroken(work, error));
  console.log(`\n${renderWork(result)}`);
  return result;
}

async function measure(work, proxies, bench) {
  return summarize(work, await runWork(work, proxies, bench));
}

function createBroken(work, error) {
  const outcome = {results: [], failures: [['the work', error.message]]};
  return summarize(work, outcome);
}

function printMachine({processor, cores, platform, node, versions, loadAverage}, {rounds, seconds}) {
  console.log(`${processor}, ${platform}, Node ${node}, load average ${loadAverage}`);
  console.log(
    Object.entries(versions)
      .map(([name, version]) => `  ${name}: ${version}`)
      .join('\n'),
  );
  const pinning = cores.proxy === undefined ? 'nothing is pinned: taskset is missing' : describePinning(cores);
  console.log(`${pinning}; ${rounds} rounds of ${seconds} s`);
}

function describePinning({proxy, load}) {
  if (proxy === load) return 'one core for all: ratios mean little';
  return `proxies on core ${proxy}, load and upstream on core ${load}`;
}

function writeJson(report) {
  const {jsonFile} = report.options;
  if (jsonFile !== undefined) writeFileSync(jsonFile, `${JSON.stringify(report, undefined, 2)}\n`);
}

/** Slow is a result; a tako that did not start or did not answer is a broken run. */
function isBroken({failures}) {
  return failures.some(({proxy}) => proxy === 'tako' || proxy === 'the work');
}

/** A smoke run leaves out what has no target and is measured like another work. */
function namesInQuick() {
  return WORKS.map(({name}) => name).filter(name => name !== 'resumptions');
}

function namesOf(each) {
  return each.map(({name}) => name).join(', ');
}
