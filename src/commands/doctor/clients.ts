// The programs that open addresses of apps, and how each is asked to open one: once by name, as people do, and, where that
// is not found, at an address of this machine, so that what it trusts is known all the same.

import path from 'node:path';
import {CANARY_PATH} from '../../devproxy/canary.js';
import type {FindingId} from './reasons.js';

export type Target = {
  readonly host: string;
  readonly port: number;
  /** Undefined: the name decides where it goes. */
  readonly address: string | undefined;
  /** For what a client has to write. It is gone afterwards. */
  readonly folder: string;
};

/** What a client goes by, where no variable says otherwise. */
export type RootSource = 'system' | 'node' | 'deno' | 'java' | 'browser';

export type Client = {
  readonly id: Extract<FindingId, `client-${string}`>;
  readonly name: string;
  /** The first that is in the PATH, or at this path, is it. */
  readonly programs: readonly string[];
  readonly roots: RootSource;
  /** Variables that name a file of other roots, the one that wins first. */
  readonly rootVariables: readonly string[];
  /** Apps are written for it: it has the variables that tako gives to apps. */
  readonly runsApps: boolean;
  /** What it says of an answer whose text it does not print. */
  readonly answered?: RegExp;
  /** Lines that say what went wrong, where others have words of the same kind. */
  readonly errorLines?: RegExp;
  readonly canTakeAddress: boolean;
  readonly deadlineMs: number;
  command(target: Target): ClientWords;
};

export type ClientWords = {
  readonly args: readonly string[];
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** A file that it reads. */
  readonly file?: {readonly name: string; readonly text: string};
};

/** They answer in a tenth of a second. */
const DEADLINE_MS = 7_000;
/** A browser with a new profile takes 2 to 4 s on a small machine. */
const BROWSER_DEADLINE_MS = 14_000;

const urlOf = ({host, port}: Target): string => `https://${host}:${port}${CANARY_PATH}`;

/** What most of them have in common. */
const COMMON = {rootVariables: [], runsApps: false, canTakeAddress: true, deadlineMs: DEADLINE_MS} as const;

const curl: Client = {
  ...COMMON,
  id: 'client-curl',
  name: 'curl',
  programs: ['curl'],
  roots: 'system',
  rootVariables: ['CURL_CA_BUNDLE', 'SSL_CERT_FILE'],
  command: target => ({
    args: [
      '-sS',
      // Whatever ~/.curlrc says: that it trusts is what is to be proven.
      '--no-insecure',
      ...(target.address === undefined ? [] : ['--resolve', `${target.host}:${target.port}:${target.address}`]),
      urlOf(target),
    ],
  }),
};

const wget: Client = {
  ...COMMON,
  id: 'client-wget',
  name: 'wget',
  programs: ['wget'],
  roots: 'system',
  rootVariables: ['SSL_CERT_FILE'],
  canTakeAddress: false,
  command: target => ({args: ['-O', '-', '-T', '5', urlOf(target)]}),
};

const openssl: Client = {
  ...COMMON,
  id: 'client-openssl',
  name: 'openssl',
  programs: ['openssl'],
  roots: 'system',
  rootVariables: ['SSL_CERT_FILE'],
  command: ({host, port, address = host}) => ({
    args: [
      's_client',
      ...['-quiet', '-verify_return_error', '-verify_hostname', host],
      ...['-servername', host, '-connect', `${address}:${port}`],
    ],
    input: requestFor(host),
  }),
};

const requestFor = (host: string): string =>
  `GET ${CANARY_PATH} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

const git: Client = {
  ...COMMON,
  id: 'client-git',
  name: 'git',
  programs: ['git'],
  roots: 'system',
  rootVariables: ['GIT_SSL_CAINFO', 'CURL_CA_BUNDLE', 'SSL_CERT_FILE'],
  // It wants a repository, and says so of what it got.
  answered: /not valid: is this a git repository/,
  command: target => ({
    args: [
      ...['-c', 'credential.helper=', '-c', 'http.sslVerify=true'],
      ...(target.address === undefined
        ? []
        : ['-c', `http.curloptResolve=${target.host}:${target.port}:${target.address}`]),
      ...['ls-remote', urlOf(target)],
    ],
    environment: {GIT_TERMINAL_PROMPT: '0'},
  }),
};

const PYTHON = `
import socket, ssl, sys, urllib.request
host, port, path, address = sys.argv[1:]
if address:
    context = ssl.create_default_context()
    with context.wrap_socket(socket.create_connection((address, int(port)), 5), server_hostname=host) as tls:
        tls.sendall(('GET %s HTTP/1.1\\r\\nHost: %s\\r\\nConnection: close\\r\\n\\r\\n' % (path, host)).encode())
        while data := tls.recv(4096):
            print(data.decode())
else:
    print(urllib.request.urlopen('https://%s:%s%s' % (host, port, path), timeout=5).read().decode())
`;

const python: Client = {
  ...COMMON,
  id: 'client-python3',
  name: 'python3',
  programs: ['python3'],
  roots: 'system',
  rootVariables: ['SSL_CERT_FILE'],
  runsApps: true,
  command: ({host, port, address = ''}) => ({args: ['-c', PYTHON, host, String(port), CANARY_PATH, address]}),
};

/** For what has node:https. */
const scriptFor = ({host, port, address = host}: Target): string => {
  const options = {host: address, servername: host, port, path: CANARY_PATH, headers: {host: `${host}:${port}`}};
  return `import('node:https').then(({get}) => get(${JSON.stringify(options)}, answer => answer.pipe(process.stdout))
    .on('error', error => { console.error(error.code, error.message); process.exitCode = 1; }))`;
};

const node: Client = {
  ...COMMON,
  id: 'client-node',
  name: 'node',
  programs: ['node'],
  roots: 'node',
  rootVariables: ['NODE_EXTRA_CA_CERTS'],
  runsApps: true,
  command: target => ({args: ['-e', scriptFor(target)]}),
};

const bun: Client = {...node, id: 'client-bun', name: 'bun', programs: ['bun']};

const denoScript = (target: Target): string => {
  const {host, port, address} = target;
  return address === undefined
    ? `console.log(await (await fetch(${JSON.stringify(urlOf(target))})).text())`
    : `const tls = await Deno.startTls(await Deno.connect(${JSON.stringify({hostname: address, port})}), ${JSON.stringify({hostname: host})});
       await tls.write(new TextEncoder().encode(${JSON.stringify(requestFor(host))}));
       for await (const data of tls.readable) console.log(new TextDecoder().decode(data));`;
};

const deno: Client = {
  ...COMMON,
  id: 'client-deno',
  name: 'deno',
  programs: ['deno'],
  roots: 'deno',
  rootVariables: ['DENO_CERT'],
  runsApps: true,
  command: target => ({args: ['eval', denoScript(target)]}),
};

/** keytool is in every runtime, and fetches a list of revoked certificates as any program in Java fetches something. */
const java: Client = {
  ...COMMON,
  id: 'client-java',
  name: 'java',
  programs: ['keytool'],
  roots: 'java',
  runsApps: true,
  answered: /CRLException/,
  command: target => {
    const args = ['-printcrl', '-file', urlOf(target)];
    if (target.address === undefined) return {args};
    const hosts = path.join(target.folder, 'java-hosts');
    return {
      args: [...args, `-J-Djdk.net.hosts.file=${hosts}`],
      file: {name: 'java-hosts', text: `${target.address} ${target.host}\n`},
    };
  },
};

const chromium: Client = {
  ...COMMON,
  id: 'client-chromium',
  name: 'chromium',
  programs: [
    ...['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'brave-browser', 'microsoft-edge'],
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
    '/Applications/Brave Browser.app/Contents/MacOS/Brave Browser',
  ],
  roots: 'browser',
  errorLines: /\bERR_[A-Z_]+/,
  deadlineMs: BROWSER_DEADLINE_MS,
  command: target => ({
    args: [
      ...['--headless', '--dump-dom', '--disable-gpu', '--no-first-run', '--no-default-browser-check'],
      ...['--disable-extensions', '--disable-sync', '--disable-background-networking', '--disable-component-update'],
      `--user-data-dir=${path.join(target.folder, 'profile')}`,
      // It refuses to run as root otherwise; all it opens is an address of this machine.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...(target.address === undefined ? [] : [`--host-resolver-rules=MAP ${target.host} ${target.address}`]),
      urlOf(target),
    ],
  }),
};

/** The slow ones first: the others fill the time that they take. */
export const CLIENTS: readonly Client[] = [chromium, java, curl, wget, openssl, git, python, node, bun, deno];
