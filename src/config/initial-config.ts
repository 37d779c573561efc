export type InitialConfig = {
  readonly name: string;
  /** Of production, as in `app.example.com`. */
  readonly route: string;
  /** Undefined: left to be found out from the project's files. */
  readonly dev?: readonly string[] | undefined;
};

/** The route `tako init` offers: a name to be replaced. */
export const initialRoute = (name: string): string => `${name}.example.com`;

/** The tako.toml that `tako init` writes: what was answered is live, the usual options are comments. */
export function renderInitialConfig({name, route, dev}: InitialConfig): string {
  return `# Every key is in docs/tako-toml.md of the tako.sh package.

name = ${quote(name)}
${dev ? `dev = ${quoteAll(dev)}` : '# dev = ["node", "server.js"]         # found out from the project when left out'}
# start = ["node", "dist/server.js"]  # the command on a server
# ready_timeout = "30s"

# [vars]                              # for every environment
# LOG_LEVEL = "info"

# [vars.development]
# LOG_LEVEL = "debug"

# [envs.development]
# routes = [${quote(`${name}.test`)}, ${quote(`*.${name}.test`)}]

[envs.production]
route = ${quote(route)}
# servers = ["my-server"]
# idle_timeout = "5m"
`;
}

const quoteAll = (words: readonly string[]): string => `[${words.map(quote).join(', ')}]`;

/** A basic string of TOML: JSON's escapes are among its own, but it also wants DEL escaped. */
const quote = (value: string): string => JSON.stringify(value).replaceAll('\x7f', '\\u007f');
