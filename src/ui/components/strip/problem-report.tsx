import {Box, Text} from 'ink';
import type {ReactNode} from 'react';
import type {Problem} from '../../../control/events.js';
import {describeProblem} from '../../describe.js';
import type {Style} from '../../style.js';

export type ProblemReportProps = {readonly problem: Problem; readonly style: Style};

/** Why the last start failed and what to do about it. The details are in the log. */
export const ProblemReport = ({problem, style}: ProblemReportProps): ReactNode => (
  <Box flexDirection="column" flexShrink={0} paddingLeft={2}>
    <Text>{style.red(describeProblem(problem))}</Text>
    {problem.hint !== null && <Text>{problem.hint}</Text>}
  </Box>
);
