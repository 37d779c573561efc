import {type Circumstances, lastLine, type Rule} from '../rule.js';
import {similarName} from '../similar-name.js';
import {installProgram} from './dependency-rules.js';

/** A script or a program asks for a program that is not there. */
const programMissing: Rule = {
  id: 'program-missing',
  code: 'COMMAND_NOT_FOUND',
  find: lastLine(
    // dash, bash, busybox; zsh, bun and yarn turn it round
    /^(?:\/bin\/)?(?:sh|bash|dash|ash|ksh): (?:line )?(?:\d+: )?(?<program>[^:\s]+): (?:command )?not found$/,
    /^(?:zsh|bun|yarn|zsh:\d+): command not found: (?<program>[^:\s]+)$/,
    /^(?:\/usr\/bin\/)?env: [‘'"]?(?<program>[^’'":\s]+)[’'"]?: No such file or directory$/,
    /\bspawn (?<program>\S+) ENOENT\b/,
  ),
  cause: ({program}) => `it calls ${program}, and there is no such command`,
  hint: ({program = ''}, circumstances) =>
    installProgram(program, circumstances) ?? `install what provides ${program}, or correct the script`,
};

const scriptMissing: Rule = {
  id: 'script-missing',
  code: 'SCRIPT_MISSING',
  find: lastLine(
    /\bMissing script:? "?(?<script>[^"\s]+)"?$/,
    /\bScript not found "(?<script>[^"]+)"/,
    /\bCouldn't find a script named "(?<script>[^"]+)"/,
    /^error Command "(?<script>[^"]+)" not found\.$/,
    /^Task not found: (?<script>\S+)$/,
  ),
  cause: ({script}) => `there is no script ${script}`,
  hint: ({script = ''}, circumstances) => offerScripts(script, circumstances),
};

/** The command is there, but calls something that is not. */
export const COMMAND_RULES: readonly Rule[] = [programMissing, scriptMissing];

/** Scripts that are named in a hint, so that it stays one line. */
const MAX_OFFERED = 8;

function offerScripts(script: string, {facts: {scripts}, spec}: Circumstances): string {
  const similar = similarName(script, scripts);
  if (similar !== undefined) return `did you mean ${similar}?`;
  return scripts.length === 0
    ? `add it to the scripts in ${spec.directory}, or correct the command`
    : `package.json has ${scripts.slice(0, MAX_OFFERED).join(', ')}: choose one, or add ${script}`;
}
