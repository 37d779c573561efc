// Runs in the pages of an app in development: loads the page again when its sources changed, and shows over it what went
// wrong. It leaves nothing in the page but one element, and that only while there is a problem.
(() => {
  const mark = Symbol.for('tako.client');
  if (window[mark]) return;
  window[mark] = true;

  let version = Number(document.currentScript.dataset.version);
  /** After a question that got no answer, in milliseconds: tako may be restarting. */
  const pauseMs = 1000;
  let leaving = new AbortController();
  let overlay;
  let dismissed = '';

  async function follow() {
    const {signal} = leaving;
    while (!signal.aborted) {
      const news = await ask(signal);
      if (signal.aborted) return;
      if (news === undefined) {
        await new Promise(resolve => setTimeout(resolve, pauseMs));
      } else if (news.reload) {
        // One that is still loading would count as cut off.
        if (document.readyState === 'complete') location.reload();
        else addEventListener('load', () => location.reload(), {once: true});
        return;
      } else {
        version = news.version;
        show(news.problem);
      }
    }
  }

  async function ask(signal) {
    const address = `/_tako/reload?after=${version}&at=${encodeURIComponent(location.pathname)}`;
    try {
      const response = await fetch(address, {signal, cache: 'no-store', credentials: 'same-origin'});
      return response.ok ? await response.json() : undefined;
    } catch {
      return undefined;
    }
  }

  function show(problem) {
    const text = JSON.stringify(problem);
    if (text === undefined) dismissed = '';
    if (overlay?.text === text) return;
    overlay?.element.remove();
    overlay = undefined;
    if (problem === undefined || text === dismissed) return;
    overlay = {text, element: renderOverlay(problem, text)};
    document.documentElement.append(overlay.element);
  }

  function renderOverlay({code, message, hint, lines = []}, text) {
    const element = document.createElement('tako-problem');
    const root = element.attachShadow({mode: 'open'});
    // A page's policy may forbid style elements, but not a sheet made by a script.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
    const panel = add(root, 'section', '');
    panel.setAttribute('role', 'alert');
    const button = add(panel, 'button', '×');
    button.setAttribute('aria-label', 'dismiss');
    button.addEventListener('click', () => {
      dismissed = text;
      element.remove();
      overlay = undefined;
    });
    add(panel, 'p', code).className = 'code';
    add(panel, 'h2', message);
    if (hint) add(panel, 'p', hint);
    if (lines.length > 0) add(panel, 'pre', lines.join('\n'));
    return element;
  }

  function add(parent, name, text) {
    const element = document.createElement(name);
    element.textContent = text;
    parent.append(element);
    return element;
  }

  const style = `
    :host { all: initial; }
    section { position: fixed; inset: auto 1rem 1rem auto; z-index: 2147483647; box-sizing: border-box; max-width: min(46rem, calc(100vw - 2rem));
      max-height: 60vh; overflow: auto; padding: 1rem 1.2rem; border-left: 4px solid #c8453f; border-radius: 8px; background: #16191c;
      color: #e8e6e1; font: 14px/1.5 system-ui, sans-serif; box-shadow: 0 6px 30px #0008; }
    button { float: right; border: 0; background: none; color: inherit; font: 20px/1 system-ui; cursor: pointer; }
    .code { margin: 0; color: #f08a84; font: 600 12px/1 ui-monospace, monospace; }
    h2 { margin: .5rem 0 .3rem; font-size: 16px; overflow-wrap: anywhere; }
    p { margin: 0; white-space: pre-line; }
    pre { margin: .8rem 0 0; overflow-x: auto; font: 12px/1.5 ui-monospace, monospace; }
  `;

  // A page that is kept for going back asks on when it is shown again.
  addEventListener('pagehide', () => leaving.abort());
  addEventListener('pageshow', ({persisted}) => {
    if (!persisted) return;
    leaving = new AbortController();
    follow();
  });
  follow();
})();
