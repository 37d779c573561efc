import {readFileSync} from 'node:fs';
import {TakoError} from '../system/error.js';
import {nearest} from '../system/suggestion.js';
import type {Config} from './config.js';
import {type Detection, type Framework, type Production, parseFrameworks, type Sign} from './framework.js';
import {invalidFile} from './problem.js';
import type {ProjectFacts} from './project-facts.js';

const FILE = 'frameworks.toml';
/** The same from src/config and from dist/config. */
const LOCATION = new URL(`../../templates/${FILE}`, import.meta.url);

let loaded: readonly Framework[] | undefined;

/** Every framework tako knows, in the order of detection. Read at the first use. Throws CONFIG_INVALID with each problem. */
export function frameworks(): readonly Framework[] {
  loaded ??= readFrameworks();
  return loaded;
}

function readFrameworks(): readonly Framework[] {
  const parsed = parseFrameworks(readFileSync(LOCATION, 'utf8'), FILE);
  if (!parsed.ok) throw invalidFile(FILE, parsed.problems);
  return parsed.value;
}

/**
 * The framework of a project: the `preset` of tako.toml, else the first whose signs are there.
 * Throws PRESET_UNKNOWN, with the id that was probably meant.
 */
export function decideFramework({preset}: Config, facts: ProjectFacts): Framework | undefined {
  return preset === undefined ? detectFramework(facts) : findPreset(preset);
}

/** The first framework whose signs the project has; those built on others come before them. */
export function detectFramework(facts: ProjectFacts): Framework | undefined {
  return frameworks().find(({detect}) => fits(detect, facts));
}

/** How the framework's apps are built and run on servers: the first way whose signs the project has. */
export function decideProduction({production}: Framework, facts: ProjectFacts): Production | undefined {
  return production.find(({any}) => any.length === 0 || any.some(sign => hasSign(facts, sign)));
}

/** The framework of a `preset`. A commit behind it (`vite@1a2b3c4`) is accepted and means nothing: profiles come with tako. */
function findPreset(preset: string): Framework {
  const [word = preset] = preset.split('@');
  const found = frameworks().find(({id, aliases}) => id === word || aliases.includes(word));
  if (found) return found;
  const ids = frameworks().map(({id}) => id);
  const meant = nearest(word, ids);
  throw new TakoError('PRESET_UNKNOWN', `there is no preset "${word}"`, {
    hint: meant === undefined ? 'leave preset out, or write dev = ["…"]' : `did you mean "${meant}"?`,
    details: [`presets: ${ids.join(', ')}`],
  });
}

/**
 * Whether the app takes its port and secrets by Tako's own contract: it says `ready = "fd"`, or runs with the package
 * tako.sh. Among the devDependencies that package is only the command `tako`.
 */
export function speaksContract({ready}: Config, {dependencies}: ProjectFacts): boolean {
  return ready === 'fd' || Object.hasOwn(dependencies, 'tako.sh');
}

function fits({any, all, none}: Detection, facts: ProjectFacts): boolean {
  const isThere = (sign: Sign): boolean => hasSign(facts, sign);
  return (any.length === 0 || any.some(isThere)) && all.every(isThere) && !none.some(isThere);
}

function hasSign({packages, files}: ProjectFacts, {kind, value}: Sign): boolean {
  return kind === 'file' ? files.includes(value) : packages[kind].includes(value);
}
