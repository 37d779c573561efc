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

const TIMEOUT_MS = 5_000;

/** Opens a URL in the user's browser; false when no program for it was found. */
export const openInBrowser = (url: string): Promise<boolean> =>
  firstThatWorks(OPENERS[process.platform] ?? [], tool =>
    execa(tool[0], [...tool.slice(1), url], {timeout: TIMEOUT_MS}),
  );

/** Puts text on the clipboard; false when no program for it was found. */
export const copyToClipboard = (text: string): Promise<boolean> =>
  firstThatWorks(CLIPBOARDS[process.platform] ?? [], ([file, ...args]) =>
    // Their own output must not keep us waiting: xclip stays behind to serve the selection.
    execa(file, args, {input: text, stdout: 'ignore', stderr: 'ignore', timeout: TIMEOUT_MS}),
  );

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
