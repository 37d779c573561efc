// Everything that doctor looks at, and why it matters: docs/doctor.md tells each of them, and a test holds it to that.

/** Shared by all clients: what it means that one of them fails. */
const CLIENT =
  'an app is there for a client only if the client finds its name, reaches its port and trusts its certificate';

export const REASONS = {
  daemon: 'the daemon serves every app: without it no address answers',
  'daemon-version': 'a daemon of another version may lack what this command asks of it',
  settings: 'settings.toml says which ports and zones tako has',
  node: 'tako and the apps that you start run on it',
  'setup-changes':
    'what setup did in part, or somebody changed since, works in part, and "tako setup --undo" has to know of it',
  clock: 'certificates are valid from one time to another, by the clock of this machine',
  authority: 'the root certificate and its key sign the certificate of every app',
  'file-modes': 'whoever can read the key or write to these folders can make certificates that your browser trusts',
  disk: 'tako keeps certificates, logs and its list of apps there, and so do your builds',
  inotify: 'an edit is seen only while the system has a file watch left',
  'dns-server': 'it answers for the names of apps',
  'dns-lookup': 'most programs find names by getaddrinfo; node is one of them',
  'dns-system': "it is how this machine's own tools find names",
  'dns-resolver': 'what has all names, as a VPN may, has those of apps too, unless they are taken out',
  'https-ipv4': 'the addresses of apps lead there',
  'https-ipv6': 'clients try ::1 first where there is IPv6',
  http: 'it leads from http:// to https://, for what is typed without',
  'port-owner': 'a port belongs to one program at a time',
  'port-denied': 'addresses without a port are those of port 443',
  'lan-firewall': 'an app that is open to the network is of no use behind it',
  'proxy-variables': 'a program that asks a proxy for an app on this machine gets an error from that proxy, or nothing',
  platform: 'programs outside of it have names and trust stores of their own',
  'trust-store': 'a client that reads the store refuses the address of every app while the root is not in it',
  'client-curl': CLIENT,
  'client-wget': CLIENT,
  'client-openssl': CLIENT,
  'client-git': CLIENT,
  'client-python3': CLIENT,
  'client-node': CLIENT,
  'client-bun': CLIENT,
  'client-deno': CLIENT,
  'client-java': CLIENT,
  'client-chromium': CLIENT,
} as const satisfies Readonly<Record<string, string>>;

export type FindingId = keyof typeof REASONS;
