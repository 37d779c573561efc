import {type Command, Option} from 'commander';
import {configOption, jsonOption} from '../options.js';

/** Adds `tako lan`; its code is loaded when it runs. */
export function addLanCommand(program: Command): void {
  const lan = program.command('lan').description('open apps to phones and other devices of the network, or close them');
  const about = (name: string, description: string, argument = 'that of this folder if not given'): Command =>
    lan.command(name).description(description).argument('[app]', argument).addOption(jsonOption());
  about('on', 'open an app at https://NAME.local until it is closed again')
    .addOption(configOption())
    .addOption(lanAddressOption())
    .action(async (app: string | undefined, options) => (await import('./lan.js')).lanOn(app, options));
  about('off', 'close it again')
    .addOption(configOption())
    .action(async (app: string | undefined, options) => (await import('./lan.js')).lanOff(app, options));
  about('status', 'say which apps are open, where, and to whom', 'all if not given').action(
    async (app: string | undefined, options) => (await import('./lan.js')).lanStatus(app, options),
  );
}

export const lanAddressOption = (): Option =>
  new Option('--lan-address <address>', 'the address or interface of this machine to open them on');
