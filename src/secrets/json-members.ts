/** A member of a JSON object, with its value as it is written. */
export type JsonMember = {
  readonly name: string;
  readonly text: string;
  /** Where its name begins, in characters from the beginning of what was read. */
  readonly at: number;
};

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g;

/**
 * The members of the object that a valid JSON text is, in their order. `JSON.parse` keeps only the last of those that have the
 * same name; here none is lost.
 */
export function jsonMembers(text: string): readonly JsonMember[] {
  const members: JsonMember[] = [];
  let depth = 0;
  let name: {readonly text: string; readonly at: number} | undefined;
  let start: number | undefined;
  const end = (at: number): void => {
    if (name && start !== undefined) {
      members.push({name: JSON.parse(name.text) as string, text: text.slice(start, at).trim(), at: name.at});
    }
    name = undefined;
    start = undefined;
  };
  for (const {0: token, index} of text.matchAll(TOKEN)) {
    if ('}]'.includes(token)) depth -= 1;
    if (depth === 0 && token === '}') end(index);
    if (depth === 1 && token === ',') end(index);
    if (depth === 1 && token.startsWith('"') && name === undefined) name = {text: token, at: index};
    if (depth === 1 && token === ':' && start === undefined) start = index + 1;
    if ('{['.includes(token)) depth += 1;
  }
  return members;
}
