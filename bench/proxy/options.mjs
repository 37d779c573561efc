import path from 'node:path';
import {parseArgs} from 'node:util';

export const USAGE = `node bench/proxy/run.mjs [options]

  --only h1-tls,h2-tls   these works only
  --peers tako,nginx     these proxies only
  --rounds N             rounds of every work (default 5)
  --seconds N            length of one round (default 3; wrk knows whole seconds only)
  --quick                one round of one second with tako and nginx, no warm-up: does it run, not how fast
  --json FILE            also write everything measured
  --cli FILE             the tako to measure (default dist/cli.js)
  --list                 names of works and proxies`;

const DEFAULTS = {rounds: 5, seconds: 3};
const QUICK = {rounds: 1, seconds: 1, peers: 'tako,nginx'};

/** The options of a run. `only` and `peers` are undefined for all; a number that makes no sense is an error. */
export function parseOptions(args) {
  const {values} = parseArgs({args, options: OPTIONS});
  const defaults = values.quick ? {...DEFAULTS, ...QUICK} : DEFAULTS;
  const given = {...defaults, ...values};
  return {
    isQuick: given.quick ?? false,
    isList: given.list ?? false,
    isHelp: given.help ?? false,
    only: given.only?.split(','),
    peers: given.peers?.split(','),
    rounds: parseCount('rounds', given.rounds),
    seconds: parseCount('seconds', given.seconds),
    jsonFile: given.json === undefined ? undefined : path.resolve(given.json),
    cli: path.resolve(given.cli ?? path.join(import.meta.dirname, '../../dist/cli.js')),
  };
}

const OPTIONS = {
  only: {type: 'string'},
  peers: {type: 'string'},
  rounds: {type: 'string'},
  seconds: {type: 'string'},
  quick: {type: 'boolean'},
  json: {type: 'string'},
  cli: {type: 'string'},
  list: {type: 'boolean'},
  help: {type: 'boolean', short: 'h'},
};

/** Those of `all` that are named, in the order of `all`; a name nobody has is an error. */
export function choose(all, names, kind) {
  if (names === undefined) return all;
  const unknown = names.filter(name => !all.some(each => each.name === name));
  if (unknown.length > 0) throw new Error(`no ${kind} called ${unknown.join(', ')}: --list shows them`);
  return all.filter(({name}) => names.includes(name));
}

function parseCount(name, value) {
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1)
    throw new Error(`--${name}: expected a whole number from 1 on, not ${value}`);
  return count;
}
