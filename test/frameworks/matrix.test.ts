import assert from 'node:assert/strict';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {request} from 'node:http';
import path from 'node:path';
import {afterAll, beforeAll, describe, it, onTestFinished} from 'vitest';
import {type Browser, openBrowser} from '../helpers/chromium.js';
import {eventually} from '../helpers/eventually.js';
import {requires} from '../helpers/system-parts.js';
import {createTako, type Tako} from '../helpers/tako.js';
import {openProject, type Project, versionsOf} from './project.js';
import type {Refusal, Result, Row} from './row.js';
import {ROWS} from './rows.js';
import {findLine, renderLine, renderPage, withoutVersions} from './table.js';
import {openTerminal} from './terminal.js';
import {visit} from './visit.js';

const PAGE = path.resolve(import.meta.dirname, '../../docs/frameworks.md');
const isUpdate = process.env.TAKO_UPDATE_DOCS === '1';
const rows = process.env.TAKO_FRAMEWORKS === 'quick' ? ROWS.filter(({isQuick}) => isQuick) : ROWS;

let tako: Tako;
let browser: Browser | undefined;
const results = new Map<Row, Result>();

beforeAll(() => {
  tako = createTako();
});

afterAll(async () => {
  await browser?.close();
  await tako.close();
  if (isUpdate) writeFileSync(PAGE, renderPage(ROWS, results, existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : ''));
});

describe.skipIf(requires('chromium', 'certutil', 'npm registry'))(
  'without an edit to the project, tako dev runs',
  () => {
    for (const row of rows) {
      const missing = (row.needs ?? []).filter(tool => requires(tool));
      const reason = missing.length > 0 ? ` (skipped: there is no ${missing.join(' and no ')})` : '';
      it.skipIf(missing.length > 0)(`${row.framework}${reason}`, async ({skip}) => {
        const project = await openProject(row).catch((error: Error) => {
          if (isUnreachable(error)) return skip(`a registry cannot be reached: ${error.message}`);
          throw error;
        });
        const result = await runRow(row, project);
        results.set(row, result);
        if (!isUpdate) assertDocumented(row, result);
      });
    }
  },
);

async function runRow(row: Row, project: Project): Promise<Result> {
  const terminal = openTerminal(tako, project.directory, project.paths);
  onTestFinished(project.restore);
  try {
    const {pid, port, url, command} = await terminal.ready();
    const reserved = reservedPortOf(pid);
    if (row.refusal) await assertRefuses(row.refusal, port);
    await inBrowser(page => visit(page, row, url, project.edit));
    await terminal.end();
    await eventually(() => assert.throws(() => process.kill(-pid, 0), {code: 'ESRCH'}, 'nothing of the app is left'));
    return {versions: await versionsOf(row, project), command, port: {reserved, own: port}};
  } catch (error) {
    throw new Error(`${row.framework}: ${(error as Error).message}\n${terminal.printed().slice(-4_000)}`, {
      cause: error,
    });
  } finally {
    await terminal.end();
  }
}

async function inBrowser(use: (page: Awaited<ReturnType<Browser['page']>>) => Promise<void>): Promise<void> {
  const {daemon} = await tako.status();
  assert.ok(daemon);
  browser ??= await openBrowser(daemon.rootCertificate);
  const page = await browser.page();
  await use(page).finally(() => page.close());
}

/** The port that the app was told to take. */
function reservedPortOf(pid: number): number | undefined {
  const file = `/proc/${pid}/environ`;
  const [, port] = (existsSync(file) && /(?:^|\0)PORT=(\d+)/.exec(readFileSync(file, 'utf8'))) || [];
  return port === undefined ? undefined : Number(port);
}

/** Asked directly for a name that nobody told it of, the dev server says no: the check that tako has to pass is there. */
async function assertRefuses({status, path = '/'}: Refusal, port: number): Promise<void> {
  const headers = {host: 'other.example', origin: 'https://other.example'};
  const answered = await new Promise<number | undefined>((resolve, reject) => {
    request({host: 'localhost', port, path, headers}, response => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
  assert.equal(answered, status, `its host check answers ${answered}`);
}

/** The table says what this run saw, versions aside. */
function assertDocumented(row: Row, result: Result): void {
  const line = findLine(readFileSync(PAGE, 'utf8'), row);
  assert.equal(
    withoutVersions(line ?? ''),
    withoutVersions(renderLine(row, result)),
    'docs/frameworks.md is out of date: npm run test:frameworks -- --update',
  );
}

/** Of npm, of pip: there is no way to the registry, or it does not answer. */
const isUnreachable = ({message}: Error): boolean =>
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|No matching distribution|NewConnectionError/.test(message);
