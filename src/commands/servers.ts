import {type Command, Option} from 'commander';
import {jsonOption, parsePort} from './options.js';

/** Adds `tako servers` and its commands. The code of each is loaded when it runs. */
export function addServersCommand(program: Command): void {
  const servers = program.command('servers').description('the servers that tako deploys to');
  addAdd(servers);
  servers
    .command('list')
    .alias('ls')
    .description('list your servers')
    .addOption(jsonOption())
    .action(async options => (await import('./servers-list.js')).listServers(options));
  servers
    .command('status')
    .description('show servers and what runs on them')
    .argument('[server]', 'all of them if not given')
    .addOption(jsonOption())
    .action(async (name, options) => (await import('./servers-status.js')).serverStatus(name, options));
  plan(servers.command('upgrade'))
    .description('bring servers to the version of this tako; apps and connections go on')
    .argument('[server]', 'all of them if not given')
    .action(async (name, options) => (await import('./servers-upgrade.js')).upgradeServers(name, options));
  servers
    .command('reload')
    .description('start the server process anew; apps and connections go on')
    .argument('[server]', 'all of them if not given')
    .addOption(jsonOption())
    .action(async (name, options) => (await import('./servers-reload.js')).reloadServers(name, options));
  plan(servers.command('remove'))
    .alias('rm')
    .description('take tako off a server')
    .argument('<server>')
    .option('--keep-data', 'leave apps, their releases and data there')
    .option('--forget', 'only take it off the list; nothing is changed on the server')
    .action(async (name, options) => (await import('./servers-remove.js')).removeServer(name, options));
}

function addAdd(servers: Command): void {
  plan(servers.command('add'))
    .description('install tako on a server, or repair it there')
    .argument('<user@host>', 'as for ssh, whose configuration, keys and agent are used')
    .option('--name <name>', 'what to call it (default: its host)')
    .addOption(port('--port', 'of ssh'))
    .option('--ssh-key <file>', 'a private key')
    .addOption(port('--http-port', 'where it serves HTTP (default: 80)'))
    .addOption(port('--https-port', 'where it serves HTTPS (default: 443)'))
    .option('--root <path>', 'where it is installed (default: /opt/tako, without root ~/.tako-server)')
    .action(async (address, options) => (await import('./servers-add.js')).addServer(address, options));
}

const plan = (command: Command): Command =>
  command.option('-y, --yes', 'do not ask').option('--dry-run', 'only show the plan').addOption(jsonOption());

const port = (flag: string, what: string): Option => new Option(`${flag} <port>`, what).argParser(parsePort(1));
