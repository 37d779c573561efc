// What a developer sees of an app: the page, an edit that arrives in it, and nothing in the console.

import assert from 'node:assert/strict';
import type {Page} from 'playwright-core';
import {eventually} from '../helpers/eventually.js';
import type {Form, Row} from './row.js';

/** A first page is compiled while it is waited for. */
const PAGE_MS = 120_000;
/**
 * A server that restarts by itself listens again sooner after its first word of it, and one that finds out while it is
 * asked which dependencies to bundle, as Vite does, has pages loaded anew sooner.
 */
const SETTLED_MS = 3_000;
/** An edit is compiled or restarts a server; for Go and Nest both. */
const EDIT_MS = 60_000;

/** Loads the page twice: by `https://id.test`, with everything that an edit does to it, and by `https://id.localhost`. */
export async function visit(page: Page, row: Row, url: string, edit: () => Promise<void>): Promise<void> {
  const seen = watch(page);
  try {
    await load(page, row, url);
    if (row.form) await sendForm(page, row.form, url);
    if (row.update !== 'reloaded by tako') await untilListening(page, seen);
    await editOpenPage(page, row, edit, seen);
    await load(page, {...row, text: row.edit.after}, url.replace('.test', '.localhost'));
  } catch (error) {
    throw new Error([(error as Error).message, ...seen.complaints].join('\n'), {cause: error});
  }
  assert.deepEqual(seen.complaints, []);
}

async function load(page: Page, {text, afterwards}: Row, url: string): Promise<void> {
  const response = await page.goto(url, {timeout: PAGE_MS});
  assert.equal(response?.status(), 200);
  await see(page, text, PAGE_MS);
  if (afterwards !== undefined) await see(page, afterwards, EDIT_MS);
}

const see = (page: Page, text: string | RegExp, timeout: number): Promise<void> =>
  page.getByText(text).first().waitFor({timeout});

/** Frameworks refuse forms of other origins, and take care that theirs is not taken for one. */
async function sendForm(page: Page, {path, button, text}: Form, url: string): Promise<void> {
  await page.goto(new URL(path, url).href, {timeout: PAGE_MS});
  await page.getByRole('button', {name: button}).click();
  await see(page, text, EDIT_MS);
  await page.goto(url);
}

/** Until the page hears of edits: its scripts are there, and its socket has said something. */
async function untilListening(page: Page, seen: Seen): Promise<void> {
  await eventually(() => assert.ok(seen.frames > 0, 'nothing has come over its socket'));
  await page.waitForLoadState('networkidle');
}

/** Until the page has not been loaded anew for a while. */
async function untilSettled(seen: Seen): Promise<void> {
  while (Date.now() - seen.navigatedAt < SETTLED_MS) await new Promise(resolve => setTimeout(resolve, SETTLED_MS / 10));
}

/** A page that was not loaded anew still knows this. */
const MARK = 'isSamePage';

async function editOpenPage(page: Page, {edit, update}: Row, apply: () => Promise<void>, seen: Seen): Promise<void> {
  const isKept = update === 'state kept' || update === 'page kept';
  if (isKept) await untilSettled(seen);
  await page.evaluate(`window.${MARK} = true`);
  if (update === 'state kept') await count(page);
  await apply();
  await see(page, edit.after, EDIT_MS);
  // Once for the edit, and once more when the server with it listens, if that is later.
  if (!isKept) await untilSettled(seen);
  if (update === 'state kept') assert.equal(await page.getByText(/count is 1/i).count(), 1, 'state is kept');
  const isSamePage = await page.evaluate(`window.${MARK} === true`);
  assert.equal(isSamePage, isKept, 'is the page the same one');
}

/** Clicks until it counts: before its scripts have run, a page made by a server has a button that does nothing. */
async function count(page: Page): Promise<void> {
  const counted = page.getByText(/count is 1/i);
  await eventually(async () => {
    // A click that was only shown late must not be followed by another one.
    if ((await counted.count()) === 0) await page.getByRole('button', {name: /count is 0/i}).click({timeout: 1_000});
    await counted.first().waitFor({timeout: 1_000});
  });
}

type Seen = {readonly complaints: string[]; readonly frames: number; readonly navigatedAt: number};

/** What the console complains about, and how much came over WebSockets since the page was loaded. */
function watch(page: Page): Seen {
  const complaints: string[] = [];
  const seen = {complaints, frames: 0, navigatedAt: 0};
  page.on('pageerror', error => complaints.push(error.message));
  page.on('console', message => {
    const isIcon = message.location().url.endsWith('/favicon.ico');
    if (message.type() === 'error' && !isIcon) complaints.push(`${message.text()} ${message.location().url}`);
  });
  // Not when it has navigated: a router that changes the address of the same page says so too.
  page.on('request', request => {
    if (!request.isNavigationRequest()) return;
    seen.frames = 0;
    seen.navigatedAt = Date.now();
  });
  page.on('websocket', socket => {
    if (new URL(socket.url()).host !== new URL(page.url()).host) complaints.push(`a socket to ${socket.url()}`);
    socket.on('framereceived', () => {
      seen.frames += 1;
    });
  });
  return seen;
}
