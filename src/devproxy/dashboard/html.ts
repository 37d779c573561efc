import {asPlainText, escapeHtml} from '../../proxy/template.js';

/** Markup that is safe to send: only `html` makes it. */
export class Html {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  /** For `html` alone: the parts of a template as they stand in the code, with what goes between them. */
  static join(parts: TemplateStringsArray, pieces: readonly Piece[]): Html {
    return new Html(String.raw({raw: parts}, ...pieces.map(render)));
  }
}

/** What may stand in markup: text, which is escaped, and other markup. What is not there is nothing. */
export type Piece = Html | string | number | false | null | undefined | readonly Piece[];

/**
 * Markup from a template: html`<p title="${text}">${text}</p>`. Whatever is put in is text, in an element or in quotes as the
 * value of an attribute, unless it came from here itself.
 */
export const html = (parts: TemplateStringsArray, ...pieces: readonly Piece[]): Html => Html.join(parts, pieces);

function render(piece: Piece): string {
  if (piece instanceof Html) return piece.text;
  if (isList(piece)) return piece.map(render).join('');
  // Control characters are no text: some may not stand in HTML at all, others are for terminals.
  return piece === false || piece === null || piece === undefined ? '' : escapeHtml(asPlainText(String(piece)));
}

const isList = (piece: Piece): piece is readonly Piece[] => Array.isArray(piece);
