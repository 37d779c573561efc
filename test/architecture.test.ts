import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';

// The arrows of docs/architecture.md: a folder imports only what it is given here.

const SOURCE = path.resolve(import.meta.dirname, '../src');

/** What each room may import. `types` of a room are allowed where its code is not. */
const ARROWS: Readonly<Record<string, {readonly code: readonly string[]; readonly types?: readonly string[]}>> = {
  system: {code: []},
  x509: {code: []},
  config: {code: ['system', 'proxy/route-syntax.ts']},
  proxy: {code: ['system']},
  supervisor: {code: ['system']},
  secrets: {code: ['system']},
  ca: {code: ['system', 'x509'], types: ['proxy/certificate-source.ts']},
  control: {code: ['system'], types: ['proxy', 'supervisor']},
  ui: {code: [], types: ['control', 'supervisor', 'prod']},
  devproxy: {code: ['system', 'config', 'proxy', 'supervisor', 'secrets', 'ca', 'control']},
  prod: {code: ['system', 'x509', 'config', 'proxy', 'supervisor', 'secrets', 'control']},
  sdk: {code: []},
  commands: {
    code: ['system', 'x509', 'config', 'proxy', 'supervisor', 'secrets', 'ca', 'control', 'ui', 'devproxy', 'prod'],
  },
  'cli.ts': {code: ['commands']},
};

type Import = {readonly from: string; readonly to: string; readonly isType: boolean};

const imports = readSources().flatMap(importsOf);

describe('the arrows between folders', () => {
  it('finds the imports it is there to judge', () => {
    assert.ok(imports.length > 100, `only ${imports.length} imports were found`);
    assert.ok(imports.some(({from, to}) => from === 'cli.ts' && to === 'commands/main.ts'));
  });

  it('are as the architecture says', () => {
    assert.deepEqual(imports.filter(isWrong).map(render), []);
  });

  it('have no cycle between folders', () => {
    const edges = imports.filter(({isType}) => !isType).map(({from, to}) => [roomOf(from), roomOf(to)] as const);
    assert.deepEqual(findCycle(edges.filter(([from, to]) => from !== to)), undefined);
  });

  it('have no cycle between files', () => {
    assert.deepEqual(
      findCycle(imports.filter(({isType}) => !isType).map(({from, to}) => [from, to] as const)),
      undefined,
    );
  });

  it('would catch a wrong arrow and a cycle', () => {
    assert.ok(isWrong({from: 'proxy/gateway.ts', to: 'supervisor/supervisor.ts', isType: false}));
    assert.ok(isWrong({from: 'ca/authority.ts', to: 'proxy/certificate-source.ts', isType: false}));
    assert.ok(isWrong({from: 'unknown/file.ts', to: 'system/clock.ts', isType: false}));
    assert.deepEqual(
      findCycle([
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'a'],
      ]),
      ['a', 'b', 'c', 'a'],
    );
  });
});

function isWrong({from, to, isType}: Import): boolean {
  const [own, other] = [roomOf(from), roomOf(to)];
  if (own === other) return false;
  const {code = undefined, types = []} = ARROWS[own] ?? {};
  const allowed = [...(code ?? []), ...(isType ? types : [])];
  return !allowed.includes(other) && !allowed.includes(to);
}

function readSources(): string[] {
  return readdirSync(SOURCE, {recursive: true, encoding: 'utf8'}).filter(file => /\.m?tsx?$/.test(file));
}

/** Static and dynamic imports of our own files. */
function importsOf(from: string): Import[] {
  const text = readFileSync(path.join(SOURCE, from), 'utf8');
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[\w*{][^;'"]*?\s+from\s+)?'(\.[^']+)'|import\('(\.[^']+)'\)/g;
  return [...text.matchAll(pattern)].map(([, type, fixed, dynamic]) => ({
    from,
    to: resolveFile(from, fixed ?? dynamic ?? ''),
    isType: type !== undefined,
  }));
}

function resolveFile(from: string, specifier: string): string {
  const target = path.normalize(path.join(path.dirname(from), specifier));
  const candidates = [
    target.replace(/\.js$/, '.ts'),
    target.replace(/\.js$/, '.tsx'),
    target.replace(/\.mjs$/, '.mts'),
  ];
  return candidates.find(candidate => readSources().includes(candidate)) ?? target;
}

const roomOf = (file: string): string => file.split('/')[0] ?? file;
const render = ({from, to}: Import): string => `${from} -> ${to}`;

/** The first cycle found, as the nodes along it, or undefined. */
function findCycle(edges: readonly (readonly [string, string])[]): string[] | undefined {
  const next = new Map<string, Set<string>>();
  for (const [from, to] of edges) next.set(from, (next.get(from) ?? new Set()).add(to));
  const done = new Set<string>();
  const visit = (node: string, trail: readonly string[]): string[] | undefined => {
    const start = trail.indexOf(node);
    if (start !== -1) return [...trail.slice(start), node];
    if (done.has(node)) return undefined;
    for (const target of next.get(node) ?? []) {
      const cycle = visit(target, [...trail, node]);
      if (cycle) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of next.keys()) {
    const cycle = visit(node, []);
    if (cycle) return cycle;
  }
  return undefined;
}
