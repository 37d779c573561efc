import {readFileSync} from 'node:fs';
import type {IncomingHttpHeaders} from 'node:http';
import {stripVTControlCharacters} from 'node:util';

/** An answer that tako itself gives instead of an app. */
export type ErrorAnswer = {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  /** An app's last lines of output. */
  readonly lines?: readonly string[];
  /** URLs a person may have meant. */
  readonly links?: readonly string[];
  /** Seconds after which trying again makes sense: RFC 9110, section 10.2.3. */
  readonly retryAfterSeconds?: number;
};

export type RenderedAnswer = {readonly headers: Record<string, string>; readonly body: string};

/** Renders for the client at hand: a page for a browser, JSON where it is asked for, else plain text. */
export function renderErrorAnswer(answer: ErrorAnswer, accept: IncomingHttpHeaders['accept']): RenderedAnswer {
  const [type, body] = renderBody(answer, accept ?? '');
  return {
    headers: {
      'content-type': `${type}; charset=utf-8`,
      'content-length': String(Buffer.byteLength(body)),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      vary: 'accept',
      ...(answer.retryAfterSeconds === undefined ? {} : {'retry-after': String(answer.retryAfterSeconds)}),
    },
    body,
  };
}

function renderBody(answer: ErrorAnswer, accept: string): readonly [type: string, body: string] {
  if (/\btext\/html\b/i.test(accept)) return ['text/html', renderHtml(answer)];
  if (/\bapplication\/(?:[\w.-]+\+)?json\b/i.test(accept)) return ['application/json', renderJson(answer)];
  return ['text/plain', renderText(answer)];
}

const renderJson = ({status, code, message, hint, lines, links}: ErrorAnswer): string =>
  `${JSON.stringify({error: {status, code, message, hint, lines: lines?.map(asPlainText), links}})}\n`;

function renderText({status, code, message, hint, lines = [], links = []}: ErrorAnswer): string {
  const parts = [
    `${status} ${code}: ${message}`,
    hint ?? '',
    ...links.map(link => `  ${link}`),
    ...lines.map(asPlainText),
  ];
  return `${parts.filter(part => part !== '').join('\n')}\n`;
}

function renderHtml({status, code, message, hint, lines = [], links = []}: ErrorAnswer): string {
  const list = links.map(link => `<li><a href="${escapeHtml(link)}">${escapeHtml(link)}</a></li>`).join('\n');
  const log = escapeHtml(lines.map(asPlainText).join('\n'));
  const values: Record<string, string> = {
    title: escapeHtml(`${status}: ${message}`),
    status: String(status),
    code: escapeHtml(code),
    message: escapeHtml(message),
    hint: escapeHtml(hint ?? ''),
    body: (list && `<ul>${list}</ul>`) + (log && `<pre>${log}</pre>`),
  };
  return readTemplate().replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '');
}

let template: string | undefined;

/** Read on the first error only; the file lies beside the code both in the sources and in the package. */
const readTemplate = (): string => {
  template ??= readFileSync(new URL('../../templates/error.html', import.meta.url), 'utf8');
  return template;
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);

/** A dev server writes for a terminal: colours, links, cursor moves. None of it, nor a lone control character, is text. */
const asPlainText = (line: string): string => stripVTControlCharacters(line).replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '');
