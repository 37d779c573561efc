// The table in docs/trust.md: what each client was seen to do.

/** Whether it took the certificate of a local name; undefined: it has no such thing, or it was not looked at. */
export type Seen = {
  readonly byItself: boolean;
  readonly systemStore: boolean;
  readonly environment: boolean;
  readonly ownStore: boolean | undefined;
  /** Whether it took, trusting the root, a certificate that the root's key has signed for a name it may not sign. */
  readonly foreignName: boolean;
};

const HEAD = `| Client | by itself | system store | tako's environment | its own store | a name outside the limits |
| --- | --- | --- | --- | --- | --- |
`;

export const renderLine = (client: string, seen: Seen): string =>
  `| ${[
    client,
    ...[seen.byItself, seen.systemStore, seen.environment, seen.ownStore].map(renderTrust),
    seen.foreignName ? 'taken' : 'refused',
  ].join(' | ')} |`;

const renderTrust = (isTrusted: boolean | undefined): string =>
  isTrusted === undefined ? '–' : isTrusted ? '**yes**' : 'no';

/** The page with these lines in its table; those of clients that were not looked at stay as they are. */
export function withTable(page: string, clients: readonly string[], lines: ReadonlyMap<string, string>): string {
  const [before = '', rest = ''] = page.split(HEAD);
  const after = rest.replace(/^(?:\|.*\n)*/, '');
  const rows = clients.flatMap(client => lines.get(client) ?? findLine(page, client) ?? []);
  return `${before}${HEAD}${rows.join('\n')}\n${after}`;
}

/** The line of a client on the page as it is. */
export function findLine(page: string, client: string): string | undefined {
  const [, table = ''] = page.split(HEAD);
  return table.split('\n').find(line => line.startsWith(`| ${client} |`));
}
