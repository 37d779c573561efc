import assert from 'node:assert/strict';
import type {ExchangeDetail, ExchangeSummary} from '../../../src/control/exchanges.js';
import {createInspector, type Inspector, type InspectorFeed} from '../../../src/devproxy/inspector/inspector.js';
import type {Gateway} from '../../../src/proxy/gateway.js';
import {NO_MASK, type SecretMask} from '../../../src/secrets/secret-mask.js';
import {eventually} from '../../helpers/eventually.js';
import {startGateway, type TestGatewayOptions} from '../../proxy/harness.js';

export type Inspected = {
  readonly gateway: Gateway;
  readonly inspector: Inspector & InspectorFeed;
  /** The newest exchange, once it is over. */
  last(): Promise<ExchangeDetail>;
};

/** A gateway whose requests are seen by an inspector. */
export async function startInspected(
  options: TestGatewayOptions & {readonly maskedNames?: readonly string[]; readonly mask?: SecretMask} = {},
): Promise<Inspected> {
  const {maskedNames = [], mask = NO_MASK, ...gatewayOptions} = options;
  const gateway = await startGateway({
    ...gatewayOptions,
    observe: (session, app) => inspector.observe(session, app),
  });
  const inspector = createInspector({
    start: side => gateway.start(side),
    maskedNamesOf: () => maskedNames,
    maskOf: () => mask,
  });
  return {
    gateway,
    inspector,
    last: () =>
      eventually(async () => {
        const [newest] = inspector.list({}, 1);
        assert.ok(newest !== undefined && newest.outcome !== null, 'no request is over');
        return detailOf(inspector, newest);
      }),
  };
}

export function detailOf(inspector: Inspector, {id}: Pick<ExchangeSummary, 'id'>): ExchangeDetail {
  const detail = inspector.find(id);
  assert.ok(detail);
  return detail;
}

/** All that is shown of an exchange, to look for what must not be in it. */
export const textOf = (detail: ExchangeDetail): string => {
  const bodies = [detail.request.body, detail.response?.body ?? null].map(body =>
    body === null ? '' : Buffer.from(body.data, body.encoding).toString('latin1'),
  );
  return [JSON.stringify(detail), ...bodies].join('\n');
};
