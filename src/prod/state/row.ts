import type {SQLOutputValue} from 'node:sqlite';
import type {DeploymentName} from '../../control/server-methods.js';

/** A row as node:sqlite gives it. The tables are STRICT, so a column has the type it was made with. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

export const deploymentOf = (row: Row): DeploymentName => ({
  app: String(row.app),
  environment: String(row.environment),
});

export const numberOrNull = (value: SQLOutputValue | undefined): number | null =>
  value === null || value === undefined ? null : Number(value);

/** What a column holds as JSON, written by this program. */
export const fromJson = <T>(value: SQLOutputValue | undefined): T | null =>
  value === null || value === undefined ? null : (JSON.parse(String(value)) as T);
