// Runs in a page that stands where an app is not ready: follows the app's start, and loads the page again when there is
// something else to see. In the page of a failed start it waits for the next one.
(() => {
  const {app, state} = document.currentScript.dataset;
  const address = `/_tako/start?at=${encodeURIComponent(location.pathname)}`;
  /** Between two questions that were answered at once, in milliseconds. */
  const pauseMs = 1000;
  let hasFailed = state === 'failed';

  async function follow() {
    for (;;) {
      const start = await ask();
      if (isOver(start)) {
        location.reload();
        return;
      }
      if (start.state === 'starting') showProgress(start);
      if (start.state === 'failed' && !hasFailed) showFailure(start);
      // A start is held for a while by the server; all else is answered at once.
      await new Promise(resolve => setTimeout(resolve, start.state === 'starting' ? 100 : pauseMs));
    }
  }

  /** tako itself may be restarting: then there is no answer for a while. */
  async function ask() {
    try {
      const response = await fetch(address, {cache: 'no-store', credentials: 'same-origin'});
      return response.ok ? await response.json() : {state: 'unknown'};
    } catch {
      return {state: 'unknown'};
    }
  }

  function isOver(start) {
    if (start.state === 'ready') return true;
    return hasFailed ? start.state === 'starting' : start.state === 'stopped';
  }

  function showProgress({word, seconds, lines}) {
    document.title = `${app} is ${word}`;
    setText('status', word);
    setText('message', `${app} is ${word}`);
    setText('hint', `${seconds} s. This page becomes the app when it is ready.`);
    setText('lines', lines.join('\n'));
  }

  function showFailure({code, message, hint, lines}) {
    hasFailed = true;
    document.title = message;
    document.querySelector('main').className = 'failed';
    setText('status', code);
    setText('message', message);
    setText('hint', hint ?? '');
    setText('lines', lines.join('\n'));
  }

  function setText(id, text) {
    const element = document.getElementById(id);
    if (element.textContent !== text) element.textContent = text;
  }

  follow();
})();
