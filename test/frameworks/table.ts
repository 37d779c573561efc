// docs/frameworks.md: what the matrix saw, one line per row.

import type {Result, Row, Update} from './row.js';

const HEAD = `# Frameworks

Each of these apps was made by its own generator, or is the smallest one that its documentation shows. It was run with
\`tako dev\` and without an edit to the project, then opened in Chromium as \`https://app.test\` and
\`https://app.localhost\`; one of its files was edited while the page was open. \`npm run test:frameworks\` does it again, and
\`npm run test:frameworks -- --update\` writes this table.

| Framework | Versions | tako dev runs | Port | An edit | Notes |
| --- | --- | --- | --- | --- | --- |
`;

const TAIL = `
- **tako dev runs**: the command that it decides on. A word of yours in \`tako.toml\` or on the command line goes first.
- **Port**: an app is given a free port in \`PORT\`. One that takes no notice of it is found where it listens instead.
- **An edit**: what it does to a page that is open. Where a server knows nothing of open pages, tako restarts it, keeps
  requests waiting meanwhile, and reloads the page.
- **Host check**: the dev server refuses names that it was not told of. tako tells it, or shows it \`app.localhost\`.

What does not work:

- A server that takes no notice of \`PORT\` and is neither Node.js, Bun, Deno nor Python (a compiled one, say) cannot be found
  where it listens. Write \`port = 8080\` into \`tako.toml\`.
- An app that makes absolute URLs of the Host it sees gets \`app.localhost\` where its host check asks for that name. tako
  maps redirects and cookies back, but not what stands in pages; \`X-Forwarded-Host\` has the name that was asked for.
`;

const UPDATES: Readonly<Record<Update, string>> = {
  'state kept': 'HMR, state kept',
  'page kept': 'HMR, no reload',
  reloaded: 'reloaded by the framework',
  'reloaded by tako': 'reloaded by tako',
};

/** The page, with the lines of rows that did not run this time as they were. */
export function renderPage(rows: readonly Row[], results: ReadonlyMap<Row, Result>, before: string): string {
  const lines = rows.map(row => {
    const result = results.get(row);
    return result ? renderLine(row, result) : findLine(before, row);
  });
  return `${HEAD}${lines.filter(line => line !== undefined).join('\n')}\n${TAIL}`;
}

/** The line of a row on the page as it is. */
export function findLine(page: string, {framework}: Row): string | undefined {
  return page.split('\n').find(line => line.startsWith(`| ${framework} |`));
}

export function renderLine(row: Row, result: Result): string {
  const notes = [...(row.refusal ? ['host check'] : []), ...(row.note === undefined ? [] : [row.note])];
  const cells = [
    row.framework,
    result.versions,
    `\`${renderCommand(result.command)}\``,
    describePort(result),
    UPDATES[row.update],
    notes.join('; '),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** A line without the versions, which change from day to day. */
export function withoutVersions(line: string): string {
  const [, framework = '', , ...rest] = line.split(' | ');
  // Python and Go are their own, of whatever version this machine has.
  return [framework.replace(/ ?\d+(\.\d+)+/, ''), ...rest].join(' | ');
}

/** The program of a virtual environment stands for itself, wherever the project is. */
const renderCommand = ([shell, option, ...line]: readonly string[]): string =>
  (shell === 'sh' && option === '-c' ? line : [shell, option, ...line]).filter(word => word !== undefined).join(' ');

function describePort({command, port}: Result): string {
  if (command.some(word => word.includes('$PORT'))) return 'on the command line';
  return port.own === port.reserved ? 'follows `PORT`' : 'its own, as it reports';
}
