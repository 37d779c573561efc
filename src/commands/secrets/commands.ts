import {type Command, Option} from 'commander';
import {serverOption} from '../deployments/commands.js';
import {configOption, jsonOption} from '../options.js';

/** Adds `tako secrets` and its commands. The code of each is loaded when it runs. */
export function addSecretsCommand(program: Command): void {
  const secrets = program.command('secrets').description('what apps must know and nobody else may');
  addChanges(secrets);
  addLooks(secrets);
  addSync(secrets);
  addKey(secrets.command('key').description('the keys by which they are encrypted, an environment each'));
}

function addChanges(secrets: Command): void {
  ofEnvironment(secrets.command('set').alias('add'))
    .description('set a secret: its value is asked for, or read from stdin')
    .argument('<secret>')
    .option('--expires-on <day>', 'as 2027-01-31, "in 90 days" or never')
    .addOption(syncOption())
    .addOption(jsonOption())
    .action(async (name, options) => (await import('./set.js')).setSecret(name, options));
  ofEnvironment(secrets.command('rm').aliases(['remove', 'delete', 'del']))
    .description('remove secrets')
    .argument('<secret...>')
    .option('-y, --yes', 'do not ask')
    .addOption(syncOption())
    .addOption(jsonOption())
    .action(async (names, options) => (await import('./remove.js')).removeSecretsNamed(names, options));
  ofEnvironment(secrets.command('edit'))
    .description('change all secrets of an environment in your editor')
    .addOption(jsonOption())
    .action(async options => (await import('./edit.js')).editSecrets(options));
  ofEnvironment(secrets.command('import'))
    .description('set secrets from a .env file')
    .argument('<file>', '"-" is stdin')
    .option('-y, --yes', 'change values that are there without asking')
    .addOption(syncOption())
    .addOption(jsonOption())
    .action(async (file, options) => (await import('./import.js')).importSecrets(file, options));
}

function addLooks(secrets: Command): void {
  secrets
    .command('list')
    .aliases(['ls', 'show'])
    .description('list the names of secrets, and where they are set')
    .addOption(new Option('--env <environment>', 'only of this environment'))
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async options => (await import('./list.js')).listSecrets(options));
  ofEnvironment(secrets.command('export'))
    .description('print secrets with their values')
    .addOption(new Option('--format <format>', 'how').choices(['env', 'json']).default('env'))
    .action(async options => (await import('./export.js')).exportSecrets(options));
}

function addSync(secrets: Command): void {
  secrets
    .command('sync')
    .description('send secrets to servers that have others, and start their apps anew with them')
    .addOption(new Option('--env <environment>', 'only of this environment'))
    .addOption(serverOption())
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async options => (await import('./sync.js')).syncAll(options));
}

function addKey(key: Command): void {
  ofEnvironment(key.command('export'))
    .description('print the key of an environment, for another machine')
    .action(async options => (await import('./key.js')).exportKey(options));
  ofEnvironment(key.command('import'))
    .description('take a key from stdin, or make it from a passphrase')
    .option('--passphrase', 'what is read or asked for is a passphrase')
    .addOption(jsonOption())
    .action(async options => (await import('./key.js')).importKey(options));
  ofEnvironment(key.command('rotate'))
    .description('encrypt an environment with a new key')
    .option('--forget', 'delete the key from before on this machine')
    .option('-y, --yes', 'do not ask')
    .addOption(jsonOption())
    .action(async options => (await import('./key.js')).rotateKey(options));
}

const ofEnvironment = (command: Command): Command =>
  command
    .addOption(new Option('--env <environment>', 'the environment').default('development'))
    .addOption(configOption());

const syncOption = (): Option => new Option('--sync', 'send them to the servers of the environment at once');
