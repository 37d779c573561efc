// XTerm's window operations 22 and 23 keep the title on a stack. A terminal without the stack ignores them and is left
// with an empty title, which most show as their own default.

/** Keeps the present title and sets another. */
export const enterTitle = (title: string): string => `\x1b[22;0t${setTitle(title)}`;

/** Undoes `enterTitle`. */
export const leaveTitle = (): string => `${setTitle('')}\x1b[23;0t`;

const setTitle = (title: string): string => `\x1b]0;${title}\x07`;
