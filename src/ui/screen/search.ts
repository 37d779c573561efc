/** What is searched for, in the log and in the requests. */
export type Search = {
  /** '' is nowhere. Case counts once a letter of it is upper case. */
  readonly text: string;
  /** Whether keys are letters of it. */
  readonly isTyping: boolean;
  /** Whether only what has it is shown. */
  readonly isOnlyMatches: boolean;
};

export const NO_SEARCH: Search = {text: '', isTyping: false, isOnlyMatches: false};

/** Longer than anyone types; a paste may be. */
const MAX_LENGTH = 200;

export const startSearch = (search: Search): Search => ({...search, text: '', isTyping: true});

export const typeText = (search: Search, text: string): Search => ({
  ...search,
  text: (search.text + text.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ')).slice(0, MAX_LENGTH),
});

/** By what is one letter to the person who typed it. */
export const erase = (search: Search): Search => ({...search, text: [...search.text].slice(0, -1).join('')});

export const endTyping = (search: Search): Search => ({...search, isTyping: false});
