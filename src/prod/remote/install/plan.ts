// What installing takes, decided from facts alone: the same plan installs, repairs and upgrades, as each of its steps
// looks first whether there is anything to do.

import {TakoError} from '../../../system/error.js';
import type {Program} from '../program.js';
import type {ScriptUser} from '../remote-script.js';
import {MIN_GLIBC, NODE_IN_ARCHIVE, runtimePackage, runtimeUnsupported} from '../runtime.js';
import {readServerTemplate} from '../server-template.js';
import {accountSteps} from './accounts.js';
import type {ServerFacts} from './facts.js';
import {type Installation, renderInstallation} from './installation.js';
import {type InstalledFolder, installationNames, installedFolders, ownMode} from './layout.js';
import {planPorts, type WantedPorts} from './ports.js';
import {bootKind, type ServiceKind, serviceKind, serviceSteps, serviceVariables} from './service.js';
import {type InstallStep, programFileStep, renderVariables, type Variables} from './step.js';

export type InstallPlan = {
  readonly root: string;
  /** Of the scripts of all its steps. */
  readonly user: ScriptUser;
  readonly variables: Variables;
  readonly steps: readonly InstallStep[];
  readonly installation: Installation;
  readonly service: ServiceKind;
  /** The folder of the program in `versions`. */
  readonly versionFolder: string;
  /** What the user should know, beside what is done. */
  readonly remarks: readonly string[];
};

export type InstallWishes = WantedPorts & {
  readonly program: Pick<Program, 'version' | 'build'>;
  readonly nodeVersion: string;
  /** This machine's clock, in milliseconds since the epoch. */
  readonly now: number;
  /** An installation of root's that this user may control is as good as one that they may change: nothing is done there. */
  readonly mayJoin: boolean;
};

/** Throws what stands against it: SERVER_UNSUPPORTED, RUNTIME_UNSUPPORTED, ROOT_TAKEN, SERVER_DENIED, PORTS_TAKEN, PORTS_DENIED, DISK_FULL. */
export function planInstall(facts: ServerFacts, wishes: InstallWishes): InstallPlan {
  checkServer(facts);
  const hasRoot = facts.privilege !== 'none';
  const joined = isOfRoot(facts) ? requireMember(facts, wishes) : undefined;
  const installation = joined ?? installationFor(facts, wishes);
  const versionFolder = `${wishes.program.version}-${wishes.program.build}`;
  const service = serviceKind(facts);
  const variables: Variables = {
    root: facts.root,
    login: facts.user,
    version: versionFolder,
    build: wishes.program.build,
    node_version: wishes.nodeVersion,
    settings: renderInstallation(installation),
    launcher: readServerTemplate('tako-server.sh').trimEnd(),
    ...serviceVariables(service, facts.root),
  };
  return {
    ...{root: facts.root, variables, installation, service, versionFolder},
    user: facts.privilege === 'sudo' ? 'sudo' : 'self',
    steps: joined
      ? []
      : [
          ...(hasRoot ? accountSteps(facts) : []),
          settingsStep(installation),
          folderStep(facts.root, hasRoot),
          runtimeStep(wishes.nodeVersion),
          programStep(wishes.program.version),
          LAUNCHER_STEP,
          CURRENT_STEP,
          ...serviceSteps(service, facts),
        ],
    remarks: joined
      ? [`root has installed it, and you may control it: it goes on your list as it is`]
      : remarksOn(facts, service, wishes),
  };
}

function installationFor(facts: ServerFacts, wishes: WantedPorts): Installation {
  const {user, group} = installationNames(facts.root);
  const accounts = facts.privilege === 'none' ? {user: null, group: null} : {user, group};
  return {...planPorts(facts, wishes), ...accounts};
}

/** The head of every script of a plan. */
export const renderHead = ({variables}: InstallPlan): string => renderVariables(variables);

/** Node, two versions of the program, and something for a first release to be in. */
const MIN_FREE_BYTES = 600 * 1024 * 1024;

function checkServer(facts: ServerFacts): void {
  if (runtimePackage(facts.platform) === undefined) throw runtimeUnsupported(facts.platform);
  if (facts.glibc !== undefined && isOlder(facts.glibc, MIN_GLIBC)) throw oldGlibc(facts.glibc);
  for (const tool of ['tar', 'gzip']) if (!facts.tools.has(tool)) throw toolMissing(tool);
  if (facts.isRootForeign) throw rootTaken(facts.root);
  if (facts.program === null && (facts.freeBytes ?? MIN_FREE_BYTES) < MIN_FREE_BYTES) throw diskFull(facts);
}

/** Whether what is there is root's, and this user is not. */
const isOfRoot = ({privilege, settings}: ServerFacts): boolean =>
  privilege === 'none' && typeof settings?.user === 'string';

function requireMember(facts: ServerFacts, {mayJoin}: InstallWishes): Installation {
  const {settings, groups} = facts;
  if (!mayJoin) throw installedByRoot(facts);
  if (settings?.group && groups.includes(settings.group)) return settings;
  throw notMember(facts);
}

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [minMajor = 0, minMinor = 0] = than.split('.').map(Number);
  return major < minMajor || (major === minMajor && minor < minMinor);
}

const oldGlibc = (version: string): TakoError =>
  new TakoError('SERVER_UNSUPPORTED', `the server's glibc ${version} is older than Node needs (${MIN_GLIBC})`, {
    hint: 'use a newer system: Debian 10, Ubuntu 20.04, RHEL 8 or later',
  });

const toolMissing = (tool: string): TakoError =>
  new TakoError('SERVER_UNSUPPORTED', `the server has no ${tool}`, {hint: `install ${tool} there`});

const rootTaken = (root: string): TakoError =>
  new TakoError('ROOT_TAKEN', `there is something in ${root} on the server that this tako has not put there`, {
    hint: 'move it away, or choose another folder with --root',
  });

const installedByRoot = ({root, user, settings}: ServerFacts): TakoError =>
  new TakoError('SERVER_DENIED', `tako in ${root} was installed by root, and ${user} may not change it`, {
    hint: `connect as root or as a user with sudo; to deploy, the group ${settings?.group} is enough`,
  });

const notMember = ({root, user, tools, home, settings}: ServerFacts): TakoError => {
  const {group = ''} = settings ?? {};
  const add = tools.has('usermod') ? `usermod -aG ${group} ${user}` : `addgroup ${user} ${group}`;
  return new TakoError('SERVER_DENIED', `tako in ${root} was installed by root, and ${user} may not control it`, {
    hint: `once "sudo ${add}" was run there, by you or an administrator, run this command again`,
    details: [`a tako of your own, without root, goes into another folder: --root ${home}/.tako-server`],
  });
};

const diskFull = ({root, freeBytes = 0}: ServerFacts): TakoError =>
  new TakoError('DISK_FULL', `there is too little room for ${root}: ${Math.floor(freeBytes / 2 ** 20)} MiB are free`, {
    hint: `make room for ${MIN_FREE_BYTES / 2 ** 20} MiB`,
  });

const settingsStep = ({httpPort, httpsPort}: Installation): InstallStep => ({
  id: 'settings',
  line: `serve HTTP on port ${httpPort} and HTTPS on port ${httpsPort}`,
  check: '[ "$(cat "$root/server.json")" = "$settings" ]',
  run: 'umask 022; mkdir -p "$root"; printf "%s\\n" "$settings" >"$root/server.json.new"; mv -f "$root/server.json.new" "$root/server.json"',
});

function folderStep(root: string, hasRoot: boolean): InstallStep {
  const commands = installedFolders(installationNames(root)).map(folder =>
    hasRoot ? ownedFolder(folder) : ownFolder(folder),
  );
  return {
    id: 'folders',
    line: `make the folders of ${root}`,
    check: commands.map(({check}) => check).join(' && '),
    run: commands.map(({run}) => run).join('\n'),
  };
}

type Commands = {readonly check: string; readonly run: string};

const ownedFolder = ({path, owner, mode}: InstalledFolder): Commands => ({
  check: `[ "$(stat -c '%U:%G %a' "$root/${path}")" = '${owner} ${mode}' ]`,
  run: `mkdir -p "$root/${path}"; chown ${owner} "$root/${path}"; chmod ${mode} "$root/${path}"`,
});

const ownFolder = (folder: InstalledFolder): Commands => ({
  check: `[ "$(stat -c %a "$root/${folder.path}")" = ${ownMode(folder)} ]`,
  run: `mkdir -p "$root/${folder.path}"; chmod ${ownMode(folder)} "$root/${folder.path}"`,
});

/** Everything that travels is unpacked beside its place and gets its name when it has shown that it works. */
const unpack = (folder: string, member: string): string => `
umask 022
incoming="$root/${folder}/.incoming-$$"
rm -rf "$root/${folder}"/.incoming-*
mkdir "$incoming"
trap 'rm -rf "$incoming"' EXIT
gzip -dc | tar -xof - -C "$incoming" ${member}`;

const runtimeStep = (nodeVersion: string): InstallStep => ({
  id: 'runtime',
  line: `upload Node ${nodeVersion} for tako itself`,
  payload: 'runtime',
  // Root's own, so that it is not one that the server process put there.
  check:
    'node="$root/runtimes/node-$node_version/bin/node"; [ -O "$node" ] && [ "$("$node" --version)" = "v$node_version" ]',
  run: `${unpack('runtimes', NODE_IN_ARCHIVE)}
[ "$("$incoming/${NODE_IN_ARCHIVE}" --version)" = "v$node_version" ]
rm -rf "$root/runtimes/node-$node_version"
mv "$incoming/package" "$root/runtimes/node-$node_version"`,
});

const hasBuild = (folder: string): string =>
  `"${folder}/node" "${folder}/dist/prod/server.mjs" version --json | grep -q '"build":"'"$build"'"'`;

const programStep = (version: string): InstallStep => ({
  id: 'program',
  line: `upload tako ${version}`,
  payload: 'program',
  check: `[ -O "$root/versions/$version/dist/prod/server.mjs" ] && ${hasBuild('$root/versions/$version')}`,
  run: `${unpack('versions', '')}
ln -s "../../runtimes/node-$node_version/bin/node" "$incoming/node"
${hasBuild('$incoming')}
rm -rf "$root/versions/$version"
mv "$incoming" "$root/versions/$version"`,
});

const LAUNCHER_STEP = programFileStep({
  id: 'launcher',
  line: 'write bin/tako-server',
  file: 'tako-server',
  variable: 'launcher',
});

/** A rename, so that there is a current version at every moment. */
const CURRENT_STEP: InstallStep = {
  id: 'current',
  line: 'make it the current version',
  check: '[ "$(readlink "$root/current")" = "versions/$version" ]',
  run: 'rm -f "$root/current.new"; ln -s "versions/$version" "$root/current.new"; mv -fT "$root/current.new" "$root/current"',
};

/** More than certificates and tokens forgive, in milliseconds. */
const MAX_CLOCK_DIFFERENCE_MS = 60_000;

function remarksOn(facts: ServerFacts, service: ServiceKind, {now, program}: InstallWishes): string[] {
  const difference = Math.round((facts.now - now) / 1000);
  const there = typeof facts.program === 'object' ? facts.program?.version : undefined;
  return [
    ...(there !== undefined && there !== program.version
      ? [`tako ${there} is there, and ${program.version} takes its place for all who use it`]
      : []),
    ...(Math.abs(difference) * 1000 > MAX_CLOCK_DIFFERENCE_MS
      ? [`the clocks differ by ${Math.abs(difference)} s: certificates may be refused; let the server use NTP`]
      : []),
    ...(facts.privilege === 'none'
      ? ["without root, apps run as the same user as tako and see each other's files"]
      : []),
    ...(service === 'script' && bootKind(facts) === 'none'
      ? ['it does not start by itself when the server boots: there is neither systemd nor cron, and no root']
      : []),
  ];
}
