import {Command, Option} from 'commander';
import type {ForwardingFields} from '../proxy/forwarding-fields.js';
import type {AlgorithmName} from '../proxy/load-balancing/algorithms/algorithms.js';
import {errorCode} from '../system/error.js';
import {readVersion} from '../system/version.js';
import {addCertsCommand} from './certs/commands.js';
import {useCompileCache} from './compile-cache.js';
import {aboutDeployment, addDeploymentCommands, isAboutDeployment} from './deployments/commands.js';
import {addEnvironmentCommands} from './environment/commands.js';
import {exitCodeOf} from './exit-codes.js';
import {addLanCommand, lanAddressOption} from './lan/commands.js';
import {addMachineCommands} from './machine-commands.js';
import {configOption, jsonOption, parseCount, parsePort} from './options.js';
import {addRequestsCommand} from './requests/commands.js';
import {addScriptCommands} from './script-commands.js';
import {addSecretsCommand} from './secrets/commands.js';
import {addServersCommand} from './servers.js';

/** Runs the command line and sets the exit code. Every command's own code is loaded only when it runs. */
export async function main(argv: readonly string[]): Promise<void> {
  // Until it is understood, any --json counts.
  let isJson = argv.includes('--json');
  const program = createProgram({isQuiet: isJson}).hook('preAction', (_, command) => {
    isJson = command.opts().json === true;
  });
  for (const stream of [process.stdout, process.stderr]) stream.on('error', tolerateNoReader);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    process.exitCode = exitCodeOf(error, isJson);
  }
}

/** A reader like `head` that has enough, or a terminal that is gone: a command that goes on then has to end itself. */
function tolerateNoReader(error: Error): void {
  if (!['EPIPE', 'EIO'].includes(errorCode(error) ?? '')) throw error;
}

/**
 * Every command with its flags. `isQuiet`: a command line that cannot be understood is told to the caller only.
 * Settings come first: subcommands inherit those that stand when they are added.
 */
export function createProgram({isQuiet = false}: {readonly isQuiet?: boolean} = {}): Command {
  const program = new Command('tako')
    .configureOutput(isQuiet ? {outputError: () => undefined} : {})
    .description('A trusted https://app.test for any app on your machine.')
    .version(readVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({showGlobalOptions: false})
    .addHelpText('after', EXAMPLES)
    .hook('preAction', useCompileCache);
  addDev(program);
  addAppCommands(program);
  addLanCommand(program);
  addRequestsCommand(program);
  addScriptCommands(program);
  addEnvironmentCommands(program);
  addProjectCommands(program);
  addProxy(program);
  addSecretsCommand(program);
  addServersCommand(program);
  addCertsCommand(program);
  addDeploymentCommands(program);
  addMachineCommands(program);
  addHidden(program);
  return program;
}

const EXAMPLES = `
Examples:
  $ tako init                      make a project of this folder, or begin a new app in it
  $ tako dev                       start the app of this folder at https://NAME.test
  $ tako dev node server.js        the same with a command of its own
  $ tako dev web api               these two apps of a workspace
  $ tako ensure --json             for scripts: start it if need be, and say where it is
  $ tako dev list                  what is registered, and where
  $ tako proxy --to 3000           https://127.0.0.1:8443 for what listens on port 3000
  $ tako trust                     let this machine's browsers trust tako's certificates
  $ tako doctor                    find out what does not work, and why

https://tako.sh`;

/** Their code is loaded only where it is used. */
const ALGORITHMS: readonly AlgorithmName[] = ['least-in-flight', 'round-robin', 'power-of-two', 'consistent-hash'];
const FORWARDING_FIELDS: readonly ForwardingFields[] = ['x-forwarded', 'forwarded'];

const port = (flag: string, what: string): Option =>
  new Option(`${flag} <port>`, `${what} (0: any free one)`).argParser(parsePort(0));

/** May be given several times. */
const routeOption = (): Option =>
  new Option('--route <route=address>', 'serve something else beside the app, as in db.test=127.0.0.1:8080').argParser(
    (text: string, before: readonly string[] = []) => [...before, text],
  );

function addDev(program: Command): void {
  const dev = program
    .command('dev')
    .description('start the app of this folder or all of this workspace, or attach to them')
    .argument('[words...]', 'apps of this workspace, or a command to run instead of the configured one')
    .passThroughOptions()
    .addOption(configOption())
    .addOption(jsonOption())
    .option('--plain', 'plain lines instead of the screen')
    .addOption(routeOption())
    .option('--variant <label>', 'serve at label.NAME.test, beside another checkout of the same app')
    .option('--lan', 'open to phones and other devices of the network, at https://NAME.local')
    .addOption(lanAddressOption())
    .addOption(port('--port', 'HTTPS port'))
    .addOption(port('--http-port', 'HTTP port, for redirects'))
    .addOption(port('--dns-port', 'port of the name server'))
    .action(async (words: string[], options) => (await import('./dev.js')).dev(words, options));
  addStop(dev);
  dev
    .command('list')
    .alias('ls')
    .description('list the registered apps')
    .addOption(jsonOption())
    .action(async options => (await import('./status.js')).list(options));
}

/** `tako stop` and `tako dev stop` are one. */
function addStop(parent: Command): void {
  aboutDeployment(
    parent
      .command('stop')
      .description('stop an app and forget it; with --env, stop it on its servers')
      .argument('[app]', 'that of this folder if not given')
      .option('--all', 'every app, and the daemon'),
  ).action(async (name: string | undefined, options) =>
    isAboutDeployment(options)
      ? (await import('./deployments/control.js')).control('stop', options)
      : (await import('./stop.js')).stop(name, options),
  );
}

function addAppCommands(program: Command): void {
  addStop(program);
  program
    .command('ensure')
    .description('start apps that do not run, and wait until they are ready')
    .argument('[app...]', 'that of this folder if not given')
    .option('--variant <label>', 'the one at label.NAME.test')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (names: string[], options) => (await import('./ensure.js')).ensure(names, options));
  aboutDeployment(
    program
      .command('restart')
      .description("start an app's process anew; with --env, those on its servers")
      .argument('[app]'),
  ).action(async (name: string | undefined, options) =>
    isAboutDeployment(options)
      ? (await import('./deployments/control.js')).control('restart', options)
      : (await import('./restart.js')).restart(name, options),
  );
  aboutDeployment(
    program.command('status').description('show the daemon and its apps; with --env, what is deployed'),
  ).action(async options =>
    isAboutDeployment(options)
      ? (await import('./deployments/status.js')).deploymentStatus(options)
      : (await import('./status.js')).status(options),
  );
  aboutDeployment(
    program
      .command('logs')
      .description('print what apps said; with --env, what is deployed did')
      .argument('[app...]', 'that of this folder, or those of this workspace, if not given')
      .option('-f, --follow', 'go on with what is to come')
      .addOption(
        new Option('-n, --lines <count>', 'how many lines to begin with (default: 200; all with --since)').argParser(
          parseCount('lines'),
        ),
      )
      .option('--since <duration>', 'not older than this, as 10m or 2h')
      .option('--grep <pattern>', 'that match a regular expression; without capitals, in any case')
      .option('--level <level>', 'of this level and above: trace, debug, info, warning, error or fatal')
      .option('--instance <id>', 'of this process: its pid, or the number of a deployed instance')
      .option('--all', 'of every registered app')
      .option('--release <id>', 'of deployed apps: of this release only'),
  ).action(async (names: string[], options) =>
    isAboutDeployment(options)
      ? (await import('./deployments/logs.js')).deploymentLogs(options)
      : (await import('./logs.js')).logs(names, options),
  );
}

function addProjectCommands(program: Command): void {
  program
    .command('init')
    .description('write a tako.toml, or begin a new app from a template')
    .argument('[directory]')
    .option('--template <template>', 'begin a new app, in a folder that is empty or not there yet')
    .option('--name <name>', 'the name of the app')
    .option('--route <route>', 'where production will be served')
    .option('-y, --yes', 'do not ask, take the defaults; of a tako.toml that is there, set name and route')
    .addOption(new Option('--new').hideHelp())
    .addOption(jsonOption())
    .action(async (directory: string | undefined, options) =>
      (await import('./init/init.js')).init(directory, options),
    );
}

function addProxy(program: Command): void {
  const list = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];
  program
    .command('proxy')
    .description('forward requests to something that listens already')
    .addOption(
      new Option('--to <address>', 'where to; [https://|h2c://]host:port[=weight], repeatable')
        .argParser(list)
        .makeOptionMandatory(),
    )
    .option('--listen <address>', 'where to listen (default: 127.0.0.1:8443; with --http 127.0.0.1:8080)')
    .addOption(new Option('--host <name>', 'serve this host only; repeatable').argParser(list))
    .option('--cert <file>', "certificate, PEM (default: the local authority's for each name)")
    .option('--key <file>', 'its private key, PEM')
    .option('--http', 'plain HTTP instead of HTTPS')
    .addOption(new Option('--lb <algorithm>', 'how to choose (default: least-in-flight)').choices(ALGORITHMS))
    .option('--sticky <key>', 'for consistent-hash: header:NAME, cookie:NAME or address')
    .option('--health-path <path>', 'ask each upstream for this now and then')
    .option('--client-ca <file>', 'ask clients for a certificate of this CA, PEM')
    .option('--client-ca-optional', 'serve clients that have none, too')
    .option('--trusted-proxy <network>', 'believe what it says about clients; repeatable', list)
    .addOption(
      new Option('--trusted-fields <name>', 'what it says it in (default: x-forwarded)').choices(FORWARDING_FIELDS),
    )
    .option('--proxy-protocol', 'its connections begin with the PROXY protocol')
    .option('--workers <count>', 'processes that serve (default: 1)')
    .option('--access-log', 'one line of JSON for each request on stdout')
    .option('--grace <time>', 'how long requests may take to end when stopped (default: 10s)')
    .addOption(jsonOption())
    .action(async options => (await import('./proxy.js')).proxy(options));
}

function addHidden(program: Command): void {
  program
    .command('daemon', {hidden: true})
    .addOption(port('--port', 'HTTPS port'))
    .addOption(port('--http-port', 'HTTP port'))
    .addOption(port('--dns-port', 'DNS port'))
    .action(async options => (await import('./daemon.js')).daemon(options));
}
