/** The files that the variables name. */
export type TrustFiles = {
  /** The root certificate. */
  readonly root: string;
  /** The system's roots and this one. */
  readonly bundle: string;
};

type Variable = {
  readonly name: string;
  readonly file: keyof TrustFiles;
  /** Others that decide the same: set by the user, one of them has the say. */
  readonly after?: readonly string[];
};

/** What makes a client trust tako's certificates, beside all others. Measured, client by client: docs/trust.md. */
const VARIABLES: readonly Variable[] = [
  // Node and Bun; added to what they have.
  {name: 'NODE_EXTRA_CA_CERTS', file: 'root'},
  // Deno; added to what it has.
  {name: 'DENO_CERT', file: 'root'},
  // OpenSSL and what uses it, as Python and Ruby and PHP; Go; .NET; BoringSSL and rustls in many programs.
  {name: 'SSL_CERT_FILE', file: 'bundle'},
  // For curl it stands above the two of OpenSSL.
  {name: 'CURL_CA_BUNDLE', file: 'bundle', after: ['SSL_CERT_FILE', 'SSL_CERT_DIR']},
  // Python's requests; it reads curl's too, but after its own.
  {name: 'REQUESTS_CA_BUNDLE', file: 'bundle', after: ['CURL_CA_BUNDLE']},
  {name: 'GIT_SSL_CAINFO', file: 'bundle', after: ['GIT_SSL_CAPATH', 'GIT_SSL_NO_VERIFY']},
  {name: 'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH', file: 'bundle'},
];

/** The variables for a process that has these already, whose own stay as they are, empty ones too. */
export function trustVariables(files: TrustFiles, own: Readonly<NodeJS.ProcessEnv>): Readonly<Record<string, string>> {
  const free = VARIABLES.filter(({name, after = []}) => [name, ...after].every(other => own[other] === undefined));
  return Object.fromEntries(free.map(({name, file}) => [name, files[file]]));
}
