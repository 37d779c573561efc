// From nothing to a page on a server: `npm create tako`, `npm install`, `npm run dev` to the first page, `npm run deploy` to the
// page over HTTPS, each in seconds. The server is test/helpers/vps, which needs root; the packages are those of `npm pack`.
//
// node --experimental-transform-types bench/create.mjs [--rounds N] [--templates node,hono,vite-react]

import {rmSync} from 'node:fs';
import {loadavg} from 'node:os';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import '../test/helpers/typescript-imports.mjs';
import {renderTable} from './proxy/table.mjs';

const {values} = parseArgs({
  options: {
    rounds: {type: 'string', default: '3'},
    templates: {type: 'string', default: 'node,hono,vite-react'},
  },
});
const rounds = Number(values.rounds);
const templates = values.templates.split(',');

const {startVps} = await import('../test/helpers/vps/vps.ts');
const {createWorkplace} = await import('../test/helpers/vps/workplace.ts');
const {createNewApps} = await import('../test/helpers/new-app.ts');
const {visit} = await import('../test/helpers/vps/visit.ts');
const {createTako} = await import('../test/helpers/tako.ts');
const {createClient} = await import('../test/helpers/client.ts');

const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const STEPS = ['npm create', 'npm install', 'first page in dev', 'deploy', 'page over HTTPS'];

const vps = await startVps({name: 'one'});
const place = createWorkplace([vps]);
const apps = await createNewApps(place.projects, place.environment);
try {
  await apps.run(place.projects, process.execPath, CLI, 'servers', 'add', 'root@one', '--yes');
  // Once for what nobody has fetched before; a single round is taken as it comes.
  for (const template of rounds > 1 ? templates : []) await measure(template, `warm-${template}`);
  const samples = new Map(templates.map(template => [template, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const template of templates) samples.get(template).push(await measure(template, `shop-${template}-${round}`));
  }
  report(samples);
} finally {
  await apps.close();
  place.close();
  await vps.close();
}

/** Seconds of each step. */
async function measure(template, name) {
  const seconds = [];
  const step = async work => {
    const start = performance.now();
    const result = await work();
    seconds.push((performance.now() - start) / 1_000);
    return result;
  };
  const folder = await step(() => apps.create(template, name));
  await step(() => apps.run(folder, 'npm', 'install'));
  await serveInDev(folder, name, step);
  await step(() => apps.run(folder, 'npm', 'run', 'deploy', '--', '--yes'));
  const {status, body} = await step(() => visit(vps, `https://${name}.example.com/`));
  if (status !== 200 || !body.includes(name)) throw new Error(`${name} answered ${status}: ${body}`);
  await apps.run(folder, process.execPath, CLI, 'delete', '--yes');
  rmSync(folder, {recursive: true, force: true});
  console.error(`${name}: ${seconds.map(value => value.toFixed(1)).join(' + ')} s`);
  return seconds;
}

/** With a daemon of its own, which is started first: so does somebody who has just begun. */
async function serveInDev(folder, name, step) {
  const tako = createTako(apps.environment);
  try {
    await step(async () => {
      await tako.dev(folder).ready();
      const {daemon} = await tako.status();
      const client = createClient(daemon);
      const {status} = await client.get(`${name}.test`);
      await client.close();
      if (status !== 200) throw new Error(`${name} answered ${status} in dev`);
    });
  } finally {
    await tako.close();
  }
}

function report(samples) {
  console.log(`${rounds} rounds; load average ${loadavg()[0].toFixed(1)}`);
  const rows = [...samples].map(([template, all]) => {
    const medians = STEPS.map((_, index) => median(all.map(seconds => seconds[index])));
    const totals = all.map(seconds => seconds.reduce((sum, value) => sum + value, 0));
    return [
      template,
      ...medians.map(text),
      text(median(totals)),
      `${text(Math.min(...totals))} .. ${text(Math.max(...totals))}`,
    ];
  });
  console.log(renderTable([['template', ...STEPS, 'in all', 'min .. max'], ...rows]));
}

function text(seconds) {
  return `${seconds.toFixed(1)} s`;
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
