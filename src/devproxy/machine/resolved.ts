// systemd-resolved: what it is told of each link.

import type {NameServer} from './delegation.js';
import type {MachineFiles} from './machine-files.js';
import type {MachineWorld} from './machine-plan.js';

/** The link that stands for tako: its names are asked for there, and no others. */
export const OWN_LINK = 'tako0';

export type LinkDns = {
  /** Undefined for what holds for all links. */
  readonly link: string | undefined;
  /** `~test`: its names are asked for here. */
  readonly domains: readonly string[];
  readonly servers: readonly NameServer[];
};

/** Asking must not start it where it does not run, as D-Bus would. */
const RUNTIME_FOLDER = '/run/systemd/resolve';
const TIMEOUT_MS = 5_000;

/** The links that have a domain of their own; none where systemd-resolved does not run. */
export async function readLinkDns({run}: Pick<MachineWorld, 'run'>, files: MachineFiles): Promise<readonly LinkDns[]> {
  if (!(await files.exists(RUNTIME_FOLDER))) return [];
  const ask = async (what: 'domain' | 'dns'): Promise<Map<string, string[]>> => {
    const {exitCode, stdout} = await run(
      {file: 'resolvectl', args: ['--no-pager', what]},
      {timeoutMs: TIMEOUT_MS},
    ).catch(() => ({exitCode: 1, stdout: ''}));
    return exitCode === 0 ? parseLinks(stdout) : new Map();
  };
  const [domains, servers] = await Promise.all([ask('domain'), ask('dns')]);
  return [...domains].flatMap(([name, own]) =>
    own.length === 0
      ? []
      : {link: name === GLOBAL ? undefined : name, domains: own, servers: (servers.get(name) ?? []).map(parseServer)},
  );
}

const GLOBAL = '';

/** Lines of `Global: ~test` and `Link 3 (tako0): 127.0.0.1:53535`. */
function parseLinks(text: string): Map<string, string[]> {
  const lines = text.split('\n').flatMap(line => {
    const [, name = GLOBAL, values] = /^(?:Global|Link \d+ \((.+?)\)):(.*)$/.exec(line.trim()) ?? [];
    return values === undefined ? [] : [[name, values.split(/\s+/).filter(Boolean)] as const];
  });
  return new Map(lines);
}

/** `127.0.0.1:53535#name`; a bare IPv6 address has colons of its own. */
function parseServer(text: string): NameServer {
  const [whole = ''] = text.split('#');
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([\d.]+))(?::(\d+))?$/.exec(whole) ?? [];
  return {address: bracketed ?? plain ?? whole, port: Number(port ?? 53)};
}

/** Undefined where it does not run: `252`. */
export async function readResolvedVersion(
  {run}: Pick<MachineWorld, 'run'>,
  files: MachineFiles,
): Promise<number | undefined> {
  if (!(await files.exists(RUNTIME_FOLDER))) return undefined;
  const {stdout} = await run({file: 'resolvectl', args: ['--version']}, {timeoutMs: TIMEOUT_MS}).catch(() => ({
    stdout: '',
  }));
  const version = /^systemd (\d+)/.exec(stdout)?.[1];
  return version === undefined ? undefined : Number(version);
}
