// Keeps a page of https://tako.test up to date. All markup comes from tako, escaped there: nothing is made of text here.
(() => {
  /** What was typed into a filter counts when nothing follows for so many milliseconds. */
  const typingMs = 250;
  /** How long a stream that was refused is waited for. */
  const retryMs = 3000;
  /** So near to its end, in pixels, a log is followed. */
  const nearPx = 24;

  const byId = id => document.getElementById(id);
  const filters = byId('filters');
  const pause = byId('pause');
  const clear = byId('clear');
  let {events, position} = document.body.dataset;
  let source;
  let retry;

  function say(text) {
    const notice = byId('notice');
    if (notice.textContent !== text) notice.textContent = text;
  }

  function follow() {
    clearTimeout(retry);
    source?.close();
    if (events === undefined || isPaused()) return;
    const address = new URL(events, location.href);
    address.searchParams.set('after', position);
    source = new EventSource(address);
    source.onopen = () => say('');
    source.onmessage = ({data, lastEventId}) => {
      position = lastEventId || position;
      for (const change of JSON.parse(data)) apply(change);
    };
    source.addEventListener('reload', () => {
      source.close();
      location.reload();
    });
    source.onerror = () => {
      say('tako does not answer. Trying again …');
      // The browser tries again by itself, unless it was refused.
      if (source.readyState === EventSource.CLOSED) retry = setTimeout(follow, retryMs);
    };
  }

  function apply({html, id, at, keep}) {
    const template = document.createElement('template');
    template.innerHTML = html;
    const place = byId(id);
    const isFollowed = place && place.scrollHeight - place.scrollTop - place.clientHeight < nearPx;
    for (const element of [...template.content.children]) {
      const known = byId(element.id);
      if (known) replace(known, element);
      else if (at === 'start') place?.prepend(element);
      else place?.append(element);
    }
    while (place && place.childElementCount > keep)
      (at === 'start' ? place.lastElementChild : place.firstElementChild).remove();
    if (isFollowed && at === 'end') place.scrollTop = place.scrollHeight;
  }

  /** Leaves the focus where it is. */
  function replace(known, element) {
    const focused = known.contains(document.activeElement) ? document.activeElement.id : '';
    known.replaceWith(element);
    if (focused !== '') byId(focused)?.focus({preventScroll: true});
  }

  const isPaused = () => pause?.getAttribute('aria-pressed') === 'true';

  pause?.addEventListener('click', () => {
    const pauses = !isPaused();
    pause.setAttribute('aria-pressed', String(pauses));
    say(pauses ? 'Paused.' : '');
    follow();
  });

  /** Shows the page of another address without leaving this one: what changes is what is in its panes. */
  let shown = 0;
  async function show(address) {
    const number = ++shown;
    const response = await fetch(address, {cache: 'no-store'}).catch(() => undefined);
    if (!response?.ok) {
      location.assign(address);
      return;
    }
    const text = await response.text();
    // Somebody typed on meanwhile.
    if (number !== shown) return;
    const other = new DOMParser().parseFromString(text, 'text/html');
    for (const pane of document.querySelectorAll('[data-pane]'))
      pane.replaceChildren(...other.getElementById(pane.id).children);
    ({events, position} = other.body.dataset);
    history.replaceState(null, '', address);
    scrollToEnd();
    follow();
  }

  let typing;
  document.addEventListener('input', ({target}) => {
    if (target.form !== filters || filters === null) return;
    clearTimeout(typing);
    typing = setTimeout(showFiltered, typingMs);
  });
  filters?.addEventListener('submit', event => {
    event.preventDefault();
    clearTimeout(typing);
    showFiltered();
  });

  function showFiltered() {
    const query = new URLSearchParams([...new FormData(filters)].filter(([, value]) => value !== ''));
    show(query.size === 0 ? location.pathname : `${location.pathname}?${query}`);
  }

  clear?.addEventListener('click', event => {
    event.preventDefault();
    const address = new URL(location.href);
    address.searchParams.set('since', position.split('.')[1]);
    location.assign(address);
  });

  for (const form of document.querySelectorAll('form[data-quiet]')) {
    form.addEventListener('submit', async event => {
      event.preventDefault();
      say(`${form.querySelector('button').textContent} …`);
      const body = new URLSearchParams(new FormData(form));
      const response = await fetch(form.action, {method: 'POST', body}).catch(() => undefined);
      say(response?.ok ? '' : ((await response?.text()) ?? 'tako does not answer.'));
    });
  }

  function scrollToEnd() {
    const log = byId('log');
    if (log) log.scrollTop = log.scrollHeight;
  }

  // What works by itself needs no button.
  for (const button of document.querySelectorAll('[data-submit]')) button.hidden = true;
  if (pause) pause.hidden = false;
  scrollToEnd();
  follow();
})();
