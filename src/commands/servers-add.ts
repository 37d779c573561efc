import path from 'node:path';
import {loadProgram} from '../prod/remote/program.js';
import {checkServerName, nameOfHost, parseServerAddress} from '../prod/remote/server-address.js';
import type {ServerEntry, ServerList} from '../prod/remote/server-list.js';
import type {SshTarget} from '../prod/remote/ssh-target.js';
import {TakoError} from '../system/error.js';
import {run} from '../system/exec.js';
import {printJson, printNote} from './output.js';
import {createServersContext} from './servers-context.js';
import {installWithConsent} from './servers-install.js';
import type {PlanFlags} from './trust.js';

export type AddServerFlags = PlanFlags & {
  readonly name?: string;
  readonly port?: number;
  readonly sshKey?: string;
  readonly httpPort?: number;
  readonly httpsPort?: number;
  readonly root?: string;
};

/** Installs tako on a server, or repairs what is there, and puts it on the user's list. */
export async function addServer(address: string, flags: AddServerFlags): Promise<void> {
  const context = createServersContext();
  const target = targetOf(address, flags);
  const name = checkServerName(flags.name ?? nameOfHost(target.host));
  const known = await findKnown(context.list, name, target);
  const result = await installWithConsent(
    {
      ...context.connect,
      ...{target: known ? withKnown(target, known) : target, name},
      root: rootOf(flags.root) ?? known?.root,
      ports: {httpPort: flags.httpPort, httpsPort: flags.httpsPort},
      mayJoin: true,
      program: await loadProgram(context.packageFolder),
      ...{cacheFolder: context.cacheFolder, run},
    },
    flags,
  );
  if (!result.isDryRun) await context.list.put(result.entry);
  if (flags.json) printJson({ok: true, ...result});
  else if (!result.isDryRun)
    printNote(`${name} is ready, with tako ${result.version}; deploy with servers = ["${name}"] in tako.toml`);
}

function targetOf(address: string, {port, sshKey}: AddServerFlags): SshTarget {
  return {
    ...parseServerAddress(address),
    port,
    sshKey: sshKey === undefined ? undefined : path.resolve(sshKey),
    sshOptions: [],
  };
}

/** What is not said again stays as it was. */
const withKnown = (target: SshTarget, known: ServerEntry): SshTarget => ({
  host: target.host,
  user: target.user ?? known.user,
  port: target.port ?? known.port,
  sshKey: target.sshKey ?? known.sshKey,
  sshOptions: known.sshOptions,
});

function rootOf(root: string | undefined): string | undefined {
  if (root === undefined || /^\/[\w./@+-]+$/.test(root)) return root?.replace(/\/+$/, '');
  throw new TakoError('ROOT_INVALID', `${JSON.stringify(root)} cannot be the folder of tako on a server`, {
    hint: 'give an absolute path of letters, digits and "/._@+-"',
  });
}

/** The server of that name, when it is the same; another one keeps its name. */
async function findKnown(list: ServerList, name: string, {host}: SshTarget): Promise<ServerEntry | undefined> {
  const known = (await list.load()).find(server => server.name === name);
  if (known === undefined || known.host === host) return known;
  throw new TakoError('SERVER_NAME_TAKEN', `you have a server ${name} already, at ${known.host}`, {
    hint: 'give this one another name with --name, or remove that one first',
  });
}
