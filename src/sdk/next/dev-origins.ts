/** Nobody can register a domain under it; `**` is any number of labels. */
const ZONE = '**.test';

/** The hosts whose pages may ask Next's dev server for its own files and open the socket of its updates. */
export function devOrigins({TAKO_DEV_ALLOWED_HOSTS = ''}: Readonly<NodeJS.ProcessEnv>): readonly string[] {
  const hosts = TAKO_DEV_ALLOWED_HOSTS.split(',').filter(host => host !== '');
  // tako writes `*.host` as Vite has it.
  return [...new Set([ZONE, ...hosts.map(host => (host.startsWith('.') ? `*${host}` : host))])];
}
