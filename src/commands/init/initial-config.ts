import {quoteToml} from '../../config/edit-toml.js';

export type InitialConfig = {
  readonly name: string;
  /** Of production, as in `app.example.com`. */
  readonly route: string;
  /** What the project is, for people: `Next.js`. Undefined: it is not known. */
  readonly framework?: string | undefined;
  /** What `tako dev` runs by itself. Undefined: nothing says it. */
  readonly dev?: readonly string[] | undefined;
};

/** The route `tako init` offers: a name to be replaced. */
export const initialRoute = (name: string): string => `${name}.example.com`;

/** The tako.toml that `tako init` writes: what was answered is live, what is found out and the usual options are comments. */
export function renderInitialConfig({name, route, framework, dev}: InitialConfig): string {
  return `# ${framework === undefined ? 'Every key' : `A ${framework} app. Every key`}: docs/tako-toml.md of the package tako.sh

name = ${quoteToml(name)}
${renderDev(dev)}

# [vars]                      # for every environment; [vars.development] for one
# LOG_LEVEL = "info"

[envs.production]
route = ${quoteToml(route)}
# servers = ["my-server"]     # as "tako servers add" knows it; needed where there is more than one
`;
}

function renderDev(dev: readonly string[] | undefined): string {
  if (dev === undefined)
    return '# dev = ["node", "server.js"] # the command that starts it on your machine: nothing says it yet';
  return `# dev = [${dev.map(quoteToml).join(', ')}] # found out; write it to have another`;
}
