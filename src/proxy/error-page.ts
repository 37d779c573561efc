import type {IncomingHttpHeaders} from 'node:http';
import {asPlainText, escapeHtml, fillTemplate, readTemplate} from './template.js';

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
  /** The URL of a script that brings a browser's page back to the app when that is ready. */
  readonly followScript?: string | undefined;
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

function renderHtml({status, code, message, hint, lines = [], links = [], followScript}: ErrorAnswer): string {
  const list = links.map(link => `<li><a href="${escapeHtml(link)}">${escapeHtml(link)}</a></li>`).join('\n');
  const log = escapeHtml(lines.map(asPlainText).join('\n'));
  const values: Record<string, string> = {
    title: escapeHtml(`${status}: ${message}`),
    status: String(status),
    code: escapeHtml(code),
    message: escapeHtml(message),
    hint: escapeHtml(hint ?? ''),
    body: (list && `<ul>${list}</ul>`) + (log && `<pre>${log}</pre>`),
    script:
      followScript === undefined ? '' : `<script src="${escapeHtml(followScript)}" data-state="failed" async></script>`,
  };
  return fillTemplate(readTemplate('error.html'), values);
}
