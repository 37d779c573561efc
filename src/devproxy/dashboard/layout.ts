import {type Html, html, type Piece} from './html.js';

export const STYLE_PATH = '/page.css';
export const SCRIPT_PATH = '/page.js';
export const ICON_PATH = '/icon.svg';

export type DocumentParts = {
  readonly title: string;
  /** Where what becomes of the page is told, with its query; null for a page that stays as it is. */
  readonly events: string | null;
  /** What of that the page has already. */
  readonly position: string;
  readonly main: Piece;
};

/** A whole page. It can be read without its script, which keeps it up to date. */
export const renderDocument = ({title, events, position, main}: DocumentParts): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="${ICON_PATH}" type="image/svg+xml">
<link rel="stylesheet" href="${STYLE_PATH}">
<script src="${SCRIPT_PATH}" defer></script>
</head>
<body${events !== null && html` data-events="${events}" data-position="${position}"`}>
<a class="skip" href="#main">Skip to the content</a>
<header>
<a class="brand" href="/">tako</a>
<p id="notice" role="status"></p>
</header>
<main id="main" tabindex="-1">
${main}
</main>
${events !== null && html`<noscript><p class="note">Without JavaScript this page stays as it is: load it again for news.</p></noscript>`}
</body>
</html>
`;

/** What something can be asked to do: a form that is a button. `isQuiet`: the page stays. */
export const renderAction = (
  path: string,
  token: string,
  {label, isQuiet, more}: {readonly label: Piece; readonly isQuiet: boolean; readonly more?: Piece},
): Html => html`<form method="post" action="${path}"${isQuiet && html` data-quiet`}>
<input type="hidden" name="token" value="${token}">${more}
<button>${label}</button>
</form>`;
