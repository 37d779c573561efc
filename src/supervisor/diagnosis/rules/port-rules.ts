import {type Circumstances, type Evidence, lastLine, type Rule, type Words, wordsOf} from '../rule.js';

/** Another program listens where the app wants to. */
export const portInUse: Rule = {
  id: 'port-in-use',
  code: 'APP_PORT_IN_USE',
  find: ({output}) => findPortInUse(output),
  cause: (words, {facts: {portOwner}}) =>
    portOwner && words.port === String(portOwner.port)
      ? `port ${words.port} is in use by ${portOwner.name} (pid ${portOwner.pid})`
      : `${portOf(words)} is already in use`,
  hint: (words, circumstances) => freePort(words, circumstances),
};

/** The app may not listen where it wants to. */
const portDenied: Rule = {
  id: 'port-denied',
  code: 'APP_PORT_DENIED',
  find: lastLine(
    /\bEACCES: permission denied (?:\S*:)?(?<port>\d{1,5})$/,
    /\blisten tcp\d? \S*:(?<port>\d{1,5}): bind: permission denied/,
    /\[Errno 13\] error while attempting to bind on address \('[^']*', (?<port>\d{1,5})\)/,
  ),
  cause: ({port}) => `this user may not open port ${port}`,
  hint: (_, {spec}) => `let the app listen on ${givenPort(spec)}, or on any port above 1023`,
};

export const PORT_RULES: readonly Rule[] = [portInUse, portDenied];

/** What says that an address is taken: of Node, Bun, Deno, Python, Go, Rust, Java, PHP, Ruby and their servers. */
const IN_USE = [
  /\bEADDRINUSE\b/,
  /\baddress already in use\b/i,
  /\bport \d{1,5} (?:is|was) (?:already )?in use\b/i,
  /\bthat port is already in use\b/i,
  /\bIs port \d{1,5} in use\?/,
];

/** A server that goes on with the next port has not failed: Vite, Next, Nuxt. */
const GOES_ON = /\b(?:trying|using|instead)\b/i;

const PORTS = [
  /\bport (?<port>\d{1,5})\b/i,
  /(?:\d\.\d{1,3}|\]|:|\*|localhost|\s):(?<port>\d{1,5})\b/,
  /\('[^']{0,100}', (?<port>\d{1,5})\)/,
  /^\s+port: (?<port>\d{1,5}),?$/,
];

/** The last line that says so, and the port, which may be told nearby. */
export function findPortInUse(output: readonly string[]): Evidence | undefined {
  const says = output.map(text => IN_USE.some(pattern => pattern.test(text)) && !GOES_ON.test(text));
  const line = says.lastIndexOf(true);
  if (line < 0) return undefined;
  const tells = output.filter((text, index) => says[index] || (index > line && PORTS[3]?.test(text)));
  const port = tells.map(text => wordsOf(text, PORTS)?.port).findLast(found => found !== undefined);
  return {line, words: port === undefined ? {} : {port}};
}

const portOf = ({port}: Words): string => (port === undefined ? 'the port that it wants' : `port ${port}`);

function freePort({port}: Words, {spec, facts: {portOwner}}: Circumstances): string {
  const end =
    portOwner && port === String(portOwner.port)
      ? `kill ${portOwner.pid} ends that program`
      : 'end the program that has it';
  return spec.port === undefined
    ? `${end}; or let the app listen on ${givenPort(spec)}, which is always free`
    : `${end}; or give the app another port in tako.toml`;
}

const givenPort = ({port}: Circumstances['spec']): string =>
  port === undefined ? 'the port in its variable PORT' : `port ${port}, as tako.toml says`;
