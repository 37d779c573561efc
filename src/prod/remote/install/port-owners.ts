// Who listens on a port, told by /proc: which sockets listen, which processes hold them, and what those are called. Asked
// only when a port is taken, as it reads every open file of the server.

export const PORT_OWNERS_SCRIPT = `
cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | sed -n 's/^ *[0-9]*: /socket /p'
ls -l /proc/[0-9]*/fd 2>/dev/null | sed -n -e 's/^\\/proc\\/\\([0-9]*\\)\\/fd:$/process \\1/p' -e 's/.*socket:\\[\\([0-9]*\\)\\]$/holds \\1/p'
for folder in /proc/[0-9]*; do
  read -r name <"$folder/comm" 2>/dev/null && printf 'name %s %s\\n' "\${folder#/proc/}" "$name" || true
done
`;

export type PortOwner = {readonly port: number; readonly name: string; readonly pid: number};

/** The processes that listen on these ports, as far as the script's user may see. */
export function parsePortOwners(output: string, ports: readonly number[]): readonly PortOwner[] {
  const lines = output.split('\n').map(line => line.split(' '));
  const portOf = listeningSockets(lines, ports);
  const nameOf = new Map(lines.filter(([key]) => key === 'name').map(([, pid = '', ...name]) => [pid, name.join(' ')]));
  const owners: PortOwner[] = [];
  let pid = '';
  for (const [key, value = ''] of lines) {
    if (key === 'process') pid = value;
    const port = key === 'holds' ? portOf.get(value) : undefined;
    if (port !== undefined) owners.push({port, name: nameOf.get(pid) ?? 'unknown', pid: Number(pid)});
  }
  return owners;
}

/** By inode. The columns of the tables are described in proc(5): 0 local address, 2 state (0A: listening), 8 inode. */
function listeningSockets(lines: readonly (readonly string[])[], ports: readonly number[]): Map<string, number> {
  const sockets = lines.flatMap(([key, ...columns]) => {
    const values = columns.filter(column => column !== '');
    const port = Number.parseInt(values[0]?.split(':').at(-1) ?? '', 16);
    return key === 'socket' && values[2] === '0A' && ports.includes(port) ? [[values[8] ?? '', port] as const] : [];
  });
  return new Map(sockets);
}

/** `nginx (pid 812) has port 80`, each process once per port. */
export const describePortOwners = (owners: readonly PortOwner[]): string[] => [
  ...new Set(owners.map(({port, name, pid}) => `${name} (pid ${pid}) has port ${port}`)),
];
