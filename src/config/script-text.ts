// What the text of a command tells: whether it restarts by itself when a file changes, and whether it serves requests at
// all. Only words are looked at, as a shell would run them one after another or beside each other.

import type {Named} from './config.js';
import type {Reloads} from './framework.js';
import {matchesSegment} from './path-pattern.js';

/** As deep as scripts call each other before it is a circle. */
const MAX_DEPTH = 5;

/** The text of a script, followed by those of the scripts it runs: `npm run dev:web`, `pnpm dev:web`, `npm:dev:*`. */
export function expandScript(scripts: Named<string>, name: string, depth = 0): string {
  const text = scripts[name] ?? '';
  const called = depth < MAX_DEPTH ? calledScripts(text, Object.keys(scripts)).filter(other => other !== name) : [];
  return [text, ...called.map(other => expandScript(scripts, other, depth + 1))].join(' && ');
}

/** By a package manager, by concurrently (`"npm:dev:*"`), or by npm-run-all (`run-p dev:*`). */
function calledScripts(text: string, names: readonly string[]): readonly string[] {
  const byName = text.matchAll(/\b(?:npm|pnpm|yarn|bun)(?::|\s+(?:run\s+|-s\s+|--silent\s+)*)([\w:.*-]+)/g);
  const byList = text.matchAll(/\b(?:run-p|run-s|npm-run-all2?)((?:\s+[\w:.*-]+)+)/g);
  const words = [...byName, ...byList].flatMap(([, list = '']) => list.trim().split(/\s+/));
  return [...new Set(words.flatMap(word => names.filter(name => matchesSegment(word, name))))];
}

/** Whether words added to a script become those of a command that begins in one of these ways. */
export function endsWithCommand(script: string, beginnings: readonly string[]): boolean {
  const last = withoutPreamble(script.split(/&&|\|\||[;&|\n]/).at(-1) ?? '').replace(/\s+/g, ' ');
  return beginnings.some(beginning => `${last} `.startsWith(`${beginning} `));
}

/** A script that is `tako dev` itself would start itself for ever. */
export const startsTako = (text: string): boolean => /\btako(?:\.sh)?\s+dev\b/.test(text);

/** What a command applies of an edit by itself, as its words show it. */
export function reloadsOf(text: string): Reloads {
  const parts = partsOf(text).filter(part => !isBuilder(part));
  if (parts.some(part => PAGE_SERVERS.test(part))) return 'pages';
  return parts.some(part => WATCHERS.test(part)) ? 'server' : 'nothing';
}

/** Whether a command starts something that answers requests: `yes`, `no` (it builds, tests or checks), or `unclear`. */
export function servesRequests(text: string): 'yes' | 'no' | 'unclear' {
  const parts = partsOf(text).filter(part => !isBuilder(part));
  if (parts.some(part => PAGE_SERVERS.test(part) || SERVERS.test(part))) return 'yes';
  return parts.length > 0 ? 'unclear' : 'no';
}

/** Commands that are run one after another or beside each other, with what quotes hold as commands of their own. */
function partsOf(text: string): readonly string[] {
  return text
    .split(/&&|\|\||[;&|"'\n]/)
    .map(withoutPreamble)
    .filter(part => part !== '');
}

/** Without variables and without programs that only run another one. */
const withoutPreamble = (part: string): string =>
  part
    .trim()
    .replace(
      /^(?:(?:[A-Za-z_]\w*=\S*|cross-env|dotenv|npx|pnpx|bunx|(?:npm|pnpm|yarn|bun)\s+(?:exec|x|dlx)|exec|time|--)\s+)+/,
      '',
    );

/** Programs that write files, check or test, and whose own `--watch` restarts nothing. */
const BUILDERS =
  /^(?:tsc|tsup|tsdown|unbuild|rollup|esbuild|swc|babel|microbundle|pkgroll|bunchee|ng-packagr|svelte-package|vue-tsc|sass|postcss|tailwindcss|@tailwindcss\/cli|stylus|lessc|vitest|jest|mocha|ava|playwright|cypress|eslint|biome|prettier|storybook|ladle|histoire|graphql-codegen|prisma|drizzle-kit|echo|rm|rimraf|mkdir|cp|cd|sleep|wait-on|kill-port)\b/;
const BUILD_COMMANDS =
  /^(?:vite|vitepress|next|nuxt|nuxi|astro|remix|react-router|webpack|rspack|rsbuild|parcel|ng|nest|gatsby|bun)\s+(?:build|test|check|sync|typegen|codegen|prepare|generate|lint)\b|^(?:webpack|rspack)\b(?!.*\bserve\b)(?!-dev-server)/;

const isBuilder = (part: string): boolean => BUILDERS.test(part) || BUILD_COMMANDS.test(part);

/** Dev servers that bring changes into open pages over a socket of their own. */
const PAGE_SERVERS =
  /\b(?:vite(?=\.js|\s|$)(?!\s+(?:build|preview))|vitepress\s+dev|vinxi\s+dev|next\s+dev|nux[ti]\s+dev|astro\s+dev|svelte-kit\s+dev|react-router\s+dev|remix\s+(?:vite:)?dev|webpack(?:-dev-server|\s+(?:serve|dev-server|s)\b)|rspack\s+(?:serve|dev|s)\b|rsbuild(?:\s+dev)?(?!\s*\w)|ng\s+(?:serve|s)\b|react-scripts\s+start|vue-cli-service\s+serve|craco\s+start|parcel(?:\s+(?:serve|watch|[^\s]+\.html))|gatsby\s+develop|docusaurus\s+start|eleventy\s+.*--serve|quasar\s+dev|mix\s+phx\.server|storybook\s+dev)/;

/** Commands that start their program anew, or load the new code into it, when a file changes. */
const WATCHERS =
  /\b(?:nodemon|node-dev|ts-node-dev|tsnd|supervisor|tsx\s+(?:watch|.*--watch)|vite-node\s+.*(?:-w\b|--watch)|nest\s+start\s+.*(?:-w\b|--watch)|nitro(?:pack)?\s+dev|wrangler\s+dev|fastapi\s+dev|manage\.py\s+runserver(?!.*--noreload)|flask\s+(?!.*--no-reload).*--debug|watchmedo|watchfiles|cargo[ -]watch|(?:bacon|watchexec|reflex|gow|wgo|CompileDaemon|entr|rerun|guard|shotgun)(?=\s|$)|php\s+-S|artisan\s+serve|rails\s+s(?:erver)?\b|ace\s+serve\s+.*--(?:watch|hmr))|^air\b|\s--(?:watch|watch-path|hot|reload)(?:=\S*)?(?:\s|$)/;

/** Other commands that run a program of the project, or serve its files. */
const SERVERS =
  /\b(?:node|tsx|ts-node|ts-node-esm|bun|deno|nodemon|nest\s+start|nux[ti]\s+(?:preview|start)|next\s+start|vite\s+preview|astro\s+preview|serve|http-server|live-server|sirv|wrangler\s+dev|fastify\s+start|nitro(?:pack)?\s+dev|python3?|uvicorn|gunicorn|hypercorn|flask|fastapi|php|artisan|rails|rackup|puma|go\s+run|air|cargo\s+(?:run|watch)|gradlew?|mvnw?|java|dotnet\s+(?:run|watch)|mix\s+phx\.server|ace\s+serve)\b/;
