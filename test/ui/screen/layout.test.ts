import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {type Area, FRAME_ROWS, PANES, type Plan, paneBeside, planLayout} from '../../../src/ui/screen/layout.js';

const parts = ({apps, log, requests, detail}: Plan): readonly Area[] =>
  [apps, log, requests, detail].filter(area => area !== null);
const sum = (areas: readonly (Area | null)[]): number => areas.reduce((rows, area) => rows + (area?.rows ?? 0), 0);

describe('the layout of the whole screen', () => {
  it('fills it, at every size, and no more', () => {
    for (let columns = 20; columns <= 220; columns += 9) {
      for (let rows = 5; rows <= 60; rows += 3) {
        for (const pane of PANES) {
          for (const isRequestOpen of [false, true]) {
            const plan = planLayout({size: {columns, rows}, pane, apps: 4, isRequestOpen});
            const {apps, log, requests, detail} = plan;
            for (const area of parts(plan)) assert.ok(area.columns <= columns && area.rows >= 0);
            const height = rows - FRAME_ROWS;
            if (plan.kind === 'wide') {
              assert.equal(sum([apps, log]), height);
              assert.equal(sum([apps, requests, detail]), height);
              assert.equal((log?.columns ?? 0) + 1 + (requests?.columns ?? 0), columns);
            } else {
              assert.equal(sum(parts(plan)), height, `${columns}x${rows} ${pane}`);
            }
          }
        }
      }
    }
  });

  it('has one pane at a time where there is little room', () => {
    const kindOf = (columns: number, rows: number) =>
      planLayout({size: {columns, rows}, pane: 'log', apps: 2, isRequestOpen: false}).kind;
    assert.equal(kindOf(40, 15), 'single');
    assert.equal(kindOf(59, 40), 'single');
    assert.equal(kindOf(80, 19), 'single');
    assert.equal(kindOf(80, 24), 'stacked');
    assert.equal(kindOf(200, 50), 'wide');
  });

  it('always shows the pane that the arrows are about', () => {
    for (const size of [
      {columns: 40, rows: 15},
      {columns: 80, rows: 24},
      {columns: 200, rows: 50},
    ]) {
      for (const pane of PANES) {
        const plan = planLayout({size, pane, apps: 3, isRequestOpen: false});
        assert.ok(plan[pane] !== null, `${pane} at ${size.columns}`);
      }
    }
  });

  it('goes from pane to pane, round and round', () => {
    assert.equal(paneBeside('apps', 1), 'log');
    assert.equal(paneBeside('requests', 1), 'apps');
    assert.equal(paneBeside('apps', -1), 'requests');
  });
});
