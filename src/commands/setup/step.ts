import {type Run, renderCommand, type ShellCommand} from '../../system/exec.js';
import {printNote} from '../output.js';

/** One thing that setup does, shown before anything is done. */
export type Step = {
  readonly title: string;
  /** What exactly: files with what changes in them, commands as they are typed. */
  readonly details: readonly string[];
  readonly needsRoot: boolean;
  /** `run` asks for administrator rights once for all steps. */
  run(run: Run): Promise<void>;
};

/** A step as it is printed with --json. */
export const describeStep = ({title, details, needsRoot}: Step): Omit<Step, 'run'> => ({title, details, needsRoot});

/** Whether rights are there already. */
const isRoot = process.getuid?.() === 0;

/** A command among the details, as it is typed. */
export const describeCommand = (command: ShellCommand): string => `$ ${renderCommand(command, isRoot)}`;

/** Shows all of it. */
export function printPlan(steps: readonly Step[]): void {
  const shown = steps.flatMap(({title, details}, index) => [
    `${index + 1}. ${title}`,
    ...details.map(line => `     ${line}`),
  ]);
  const asksForRights = !isRoot && steps.some(({needsRoot}) => needsRoot);
  const rights = asksForRights ? ['', 'Some of it needs administrator rights: they are asked for once.'] : [];
  printNote(['tako will:', ...shown, ...rights].join('\n'));
}
