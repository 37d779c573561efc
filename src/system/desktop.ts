import {spawn} from 'node:child_process';
import {execa} from 'execa';

type Tool = readonly [file: string, ...args: string[]];

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly Tool[]>>> = {
  darwin: [['open']],
  linux: [['wslview'], ['xdg-open']],
};

const CLIPBOARDS: Readonly<Partial<Record<NodeJS.Platform, readonly Tool[]>>> = {
  darwin: [['pbcopy']],
  linux: [['wl-copy'], ['xclip', '-selection', 'clipboard'], ['xsel', '--clipboard', '--input'], ['clip.exe']],
};

const CLIPBOARD_TIMEOUT_MS = 5_000;
/** An opener that runs this long has become the browser, or waits for it. */
const OPENING_MS = 1_000;

/** Opens a URL in the user's browser, which outlives this process; false when no program for it was found. */
export const openInBrowser = (url: string): Promise<boolean> =>
  firstThatWorks(OPENERS[process.platform] ?? [], ([file, ...args]) => launch(file, [...args, url]));

/** Puts text on the clipboard; false when no program for it was found. */
export const copyToClipboard = (text: string): Promise<boolean> =>
  firstThatWorks(CLIPBOARDS[process.platform] ?? [], ([file, ...args]) =>
    // Their own output must not keep us waiting: xclip stays behind to serve the selection.
    execa(file, args, {input: text, stdout: 'ignore', stderr: 'ignore', timeout: CLIPBOARD_TIMEOUT_MS}),
  );

/** Rejects when the program cannot be started or fails at once. What it does later is its own affair. */
function launch(file: string, args: readonly string[]): Promise<void> {
  const child = spawn(file, args, {detached: true, stdio: 'ignore'});
  child.unref();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, OPENING_MS).unref();
    child.once('error', reject).once('exit', code => {
      clearTimeout(timer);
      if (code === 0) resolve();
      else reject(new Error(`${file} failed`));
    });
  });
}

async function firstThatWorks(tools: readonly Tool[], run: (tool: Tool) => Promise<unknown>): Promise<boolean> {
  for (const tool of tools) {
    const works = await run(tool).then(
      () => true,
      () => false,
    );
    if (works) return true;
  }
  return false;
}
