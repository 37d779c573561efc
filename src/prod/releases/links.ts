// Where a symbolic link of a release ends, worked out before there is any: a link that leaves the release would give
// an app, or the file server, a file of somebody else. Followed as the kernel does, through other links too.

/** As the kernel counts them before it answers ELOOP (MAXSYMLINKS of Linux's namei.h). */
const MAX_FOLLOWED = 40;

/** A path in the release, empty for its root; or why there is none. */
type End = {readonly path: string} | {readonly problem: string};

const OUTSIDE: End = {problem: 'leads out of the release'};
const ENDLESS: End = {problem: `leads in a circle, or through more than ${MAX_FOLLOWED} links`};

/** The problem of each link (path to target) that does not stay inside the release. */
export function findLinkProblems(links: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const ends = new Map<string, End>();
  const problems = new Map<string, string>();
  for (const link of links.keys()) {
    const end = endOf(link, links, ends, 1);
    if ('problem' in end) problems.set(link, end.problem);
  }
  return problems;
}

/** Each link is followed once: `ends` has those that are known. */
function endOf(link: string, links: ReadonlyMap<string, string>, ends: Map<string, End>, followed: number): End {
  const known = ends.get(link);
  if (known) return known;
  if (followed > MAX_FOLLOWED) return ENDLESS;
  const end = walk(parentOf(link), links.get(link) ?? '', path =>
    links.has(path) ? endOf(path, links, ends, followed + 1) : {path},
  );
  ends.set(link, end);
  return end;
}

function walk(from: string, target: string, follow: (path: string) => End): End {
  let at = from;
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && at === '') return OUTSIDE;
    const end: End = part === '..' ? {path: parentOf(at)} : follow(at === '' ? part : `${at}/${part}`);
    if ('problem' in end) return end;
    at = end.path;
  }
  return {path: at};
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
