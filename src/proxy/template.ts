import {readFileSync} from 'node:fs';
import {stripVTControlCharacters} from 'node:util';

const read = new Map<string, string>();

/** A file of `templates/`, which lies beside the code both in the sources and in the package. Read when first needed. */
export function readTemplate(name: string): string {
  const text = read.get(name) ?? readFileSync(new URL(`../../templates/${name}`, import.meta.url), 'utf8');
  read.set(name, text);
  return text;
}

/** Puts values in the places of their names, as they are: `{{name}}`. */
export const fillTemplate = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '');

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);

/** A dev server writes for a terminal: colours, links, cursor moves. None of it, nor a lone control character, is text. */
export const asPlainText = (line: string): string =>
  stripVTControlCharacters(line).replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '');

/** Lines of output that a page shows of an app that starts or failed, and how much of each. */
const MAX_LINES = 12;
const MAX_LINE_LENGTH = 400;

/** The last lines of an app's output as text, no more than a page has room for. */
export const shownLines = (lines: readonly string[]): readonly string[] =>
  lines.slice(-MAX_LINES).map(line => asPlainText(line).slice(0, MAX_LINE_LENGTH));
