import {execFile, spawnSync} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {requires} from './system-parts.js';

/** A program that asks a URL, verifies who answers, and fails when it does not trust that. */
export type TlsClient = {
  readonly name: string;
  /** What has to be there, as `requires` wants it. */
  readonly needs: readonly string[];
  /** A module of Python's that not every machine with tests has. */
  readonly module?: string;
  /** The command that asks the URL, whose server answers everything with `hello`. */
  command(url: URL): readonly [string, ...string[]];
  /** What it prints when it could ask. */
  readonly prints: RegExp;
};

/** Programs that are made once, in a folder of their own. */
export type ClientPrograms = {readonly go: string; readonly java: string};

/** As `javac` and `go build` make them; undefined members where the tool is missing are never asked for. */
export async function buildPrograms(folder: string, has: (tool: string) => boolean): Promise<ClientPrograms> {
  const execute = promisify(execFile);
  await writeFile(path.join(folder, 'fetch.go'), GO);
  await writeFile(path.join(folder, 'Fetch.java'), JAVA);
  const go = path.join(folder, 'fetch');
  if (has('go')) await execute('go', ['build', '-o', go, path.join(folder, 'fetch.go')], {timeout: 120_000});
  return {go, java: path.join(folder, 'Fetch.java')};
}

/** Every client that tako promises something about. */
export function tlsClients({go, java}: ClientPrograms): readonly TlsClient[] {
  return [
    {name: 'curl', needs: ['curl'], command: url => ['curl', '-sS', '-m', '20', url.href], prints: /hello/},
    {
      name: 'wget',
      needs: ['wget'],
      command: url => ['wget', '-qO-', '-T', '20', '-t', '1', '-nv', url.href],
      prints: /hello/,
    },
    {
      name: 'openssl s_client',
      needs: ['openssl'],
      command: ({hostname, port}) => [
        ...(['openssl', 's_client', '-connect', `${hostname}:${port || '443'}`, '-servername', hostname] as const),
        ...['-verify_hostname', hostname, '-verify_return_error', '-brief'],
      ],
      prints: /Verification: OK/,
    },
    {name: 'Node.js', needs: ['node'], command: url => ['node', '-e', fetchScript(url)], prints: /hello/},
    {name: 'Bun', needs: ['bun'], command: url => ['bun', '-e', fetchScript(url)], prints: /hello/},
    {name: 'Deno', needs: ['deno'], command: url => ['deno', 'eval', fetchScript(url)], prints: /hello/},
    {
      name: 'Python urllib',
      needs: ['python3'],
      command: url => [
        'python3',
        '-c',
        `from urllib.request import urlopen; print(urlopen("${url.href}", timeout=20).read())`,
      ],
      prints: /hello/,
    },
    {
      name: 'Python requests',
      needs: ['python3'],
      module: 'requests',
      command: url => ['python3', '-c', `import requests; print(requests.get("${url.href}", timeout=20).text)`],
      prints: /hello/,
    },
    {name: 'Go', needs: ['go'], command: url => [go, url.href], prints: /200 OK/},
    {name: 'git', needs: ['git'], command: url => ['git', 'ls-remote', `${url.href}repository`], prints: /refs\/heads/},
    {name: 'Java', needs: ['java', 'keytool'], command: url => ['java', java, url.href], prints: /hello/},
  ];
}

/** The condition for `it.skipIf`. Throws where parts are required; a module never is. */
export const isMissing = ({needs, module}: TlsClient): boolean =>
  requires(...needs) || (module !== undefined && spawnSync('python3', ['-c', `import ${module}`]).status !== 0);

const fetchScript = (url: URL): string =>
  `fetch("${url.href}").then(answer => answer.text()).then(text => console.log(text))`;

/** What the server of these clients answers: `hello`, and to git a repository with one branch. */
export const bodyFor = (target: string): string =>
  target.startsWith('/repository/info/refs') ? `${'a'.repeat(40)}\trefs/heads/main\n` : 'hello';

const GO = `package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	response, err := http.Get(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(response.Status)
}
`;

const JAVA = `import java.net.URI;

class Fetch {
  public static void main(String[] args) throws Exception {
    try (var stream = URI.create(args[0]).toURL().openStream()) {
      System.out.println(new String(stream.readAllBytes()));
    }
  }
}
`;

/** What a machine says of whom to trust, which would hide what a test looks at. */
export const TRUST_VARIABLES = [
  'NODE_EXTRA_CA_CERTS',
  'NODE_USE_SYSTEM_CA',
  'DENO_CERT',
  'DENO_TLS_CA_STORE',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'CURL_CA_BUNDLE',
  'REQUESTS_CA_BUNDLE',
  'GIT_SSL_CAINFO',
  'GIT_SSL_CAPATH',
  'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH',
  'JAVA_TOOL_OPTIONS',
] as const;

/** The environment of a machine that says nothing of whom to trust. */
export const withoutTrust = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !TRUST_VARIABLES.some(other => other === name)));
