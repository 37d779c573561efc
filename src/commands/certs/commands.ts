import {type Command, Option} from 'commander';
import {jsonOption} from '../options.js';

/** Adds `tako certs` and its commands. The code of each is loaded when it runs. */
export function addCertsCommand(program: Command): void {
  const certs = program.command('certs').description('the certificates that servers order');
  certs
    .command('list')
    .alias('ls')
    .description('show the certificates of servers, and what keeps one from being there')
    .argument('[server]', 'all of them if not given')
    .addOption(jsonOption())
    .action(async (server, options) => (await import('./list.js')).listCertificates(server, options));
  certs
    .command('renew')
    .description('order a certificate now, whatever was to be waited for')
    .argument('<name>', 'as app.example.com')
    .addOption(new Option('--server <server>', 'the one that serves it; all of them if not given'))
    .addOption(jsonOption())
    .action(async (name, options) => (await import('./renew.js')).renewCertificate(name, options));
}
