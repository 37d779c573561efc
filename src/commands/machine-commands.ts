import {type Command, Option} from 'commander';
import {jsonOption} from './options.js';

/** Commands about this machine: what tako has of it, and what it needs. */
export function addMachineCommands(program: Command): void {
  const plan = (command: Command): Command =>
    command.option('-y, --yes', 'do not ask').option('--dry-run', 'only show the plan').addOption(jsonOption());
  plan(program.command('setup'))
    .description('let this machine find .test names, serve them on port 443, and trust their certificates')
    .option('--zone <zone>', 'serve and sign another zone, as dev.example.com')
    .option('--undo', 'put back everything that setup and trust changed')
    .action(async options => (await import('./setup/setup.js')).setup(options));
  plan(program.command('trust'))
    .description("put tako's root certificate into the trust stores")
    .option('--rotate', 'replace it by a new one with a new key, in every store')
    .addOption(
      new Option('--ca-page', 'serve the page that helps phones to trust it, until Ctrl-C').conflicts([
        'rotate',
        'dryRun',
      ]),
    )
    .option('--lan-address <address>', 'with --ca-page: the address or interface of this machine to serve it on')
    .action(async options => {
      if (options.caPage) await (await import('./trust/ca-page.js')).serveCaPage(options);
      else if (options.rotate) await (await import('./trust/rotate.js')).rotate(options);
      else await (await import('./trust.js')).trust(options);
    });
  plan(program.command('untrust'))
    .description('take it out again')
    .action(async options => (await import('./trust.js')).untrust(options));
  plan(program.command('uninstall'))
    .description('undo the setup, stop every app, and delete what tako keeps on this machine')
    .action(async options => (await import('./setup/uninstall.js')).uninstall(options));
  program
    .command('doctor')
    .description('prove that names, ports and trust work, with each client of this machine; say what does not, and why')
    .option('--fix', 'mend what can be mended; shows what it would do, and asks')
    .option('-y, --yes', 'with --fix: do not ask')
    .option('--dry-run', 'with --fix: only show what it would do')
    .addOption(jsonOption())
    .action(async options => (await import('./doctor/doctor.js')).doctor(options));
  program
    .command('version')
    .description('print the version')
    .addOption(jsonOption())
    .action(async options => (await import('./version.js')).version(options));
}
