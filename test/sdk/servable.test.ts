import assert from 'node:assert/strict';
import {createServer} from 'node:http';
import {describe, it} from 'vitest';
import type {AppServer} from '../../src/sdk/app.js';
import {decideAddress} from '../../src/sdk/listen-address.js';
import {recognize, recognizeExport, requireServable} from '../../src/sdk/servable.js';

const formOf = (value: unknown): string | undefined => recognize(value)?.form;
const exportFormOf = (value: unknown): string | undefined => recognizeExport(value)?.form;
const NO_SERVER: AppServer = {upgrade: () => false};

/** As Express makes it: a function of three with methods. */
const express = Object.assign((_request: unknown, _response: unknown, _next: unknown): void => {}, {
  handle() {},
  listen() {},
});

describe('what serve takes', () => {
  it('is told apart by what it has', () => {
    assert.equal(formOf({fetch: () => new Response()}), 'fetch');
    assert.equal(
      formOf((_request: Request) => new Response()),
      'fetch',
    );
    assert.equal(
      formOf((_request: unknown, _response: unknown) => {}),
      'listener',
    );
    assert.equal(formOf(express), 'listener');
    assert.equal(formOf({callback: () => () => {}, listen() {}}), 'listener');
    assert.equal(formOf(createServer()), 'server');
    assert.equal(formOf({listen() {}, inject() {}, close() {}, server: createServer()}), 'fastify');
    for (const other of [undefined, null, 1, 'text', {}, [], {listen: 1}]) assert.equal(formOf(other), undefined);
  });

  it('is an error when it is nothing of that', () => {
    assert.throws(() => requireServable({}), {code: 'NOT_SERVABLE'});
  });
});

describe('what a main module exports', () => {
  it('is a handler when it is a function of a request and the environment', () => {
    assert.equal(
      exportFormOf((_request: Request, _environment: object) => new Response()),
      'fetch',
    );
    assert.equal(exportFormOf(express), 'listener');
    assert.equal(exportFormOf({__esModule: true, default: {fetch: () => new Response()}}), 'fetch');
    assert.equal(exportFormOf({port: 1}), undefined);
  });

  it('may be an instance of a class, and a function with ready', async () => {
    class Site {
      readonly text = 'mine';
      fetch(): Response {
        return new Response(this.text);
      }
    }
    const site = recognizeExport(new Site());
    assert.equal(site?.form, 'fetch');
    if (site?.form === 'fetch') {
      const answer = await site.app.fetch(new Request('http://a.test'), NO_SERVER);
      assert.equal(await (answer as Response).text(), 'mine');
    }
    const withReady = recognizeExport(Object.assign(() => new Response(), {ready: () => 'ready'}));
    assert.equal(withReady?.form === 'fetch' && withReady.app.ready?.(), 'ready');
  });
});

describe('where an app listens', () => {
  it('is where its environment says, then where it says itself', () => {
    const own = {port: 4000, host: '::1'};
    assert.deepEqual(decideAddress(own, {PORT: '0', HOST: '127.0.0.1'}), {port: 0, host: '127.0.0.1'});
    assert.deepEqual(decideAddress(own, {}), own);
    assert.deepEqual(decideAddress(own, {PORT: 'seven', HOST: 'my-laptop.local'}), own);
    assert.deepEqual(decideAddress({}, {PORT: '99999'}), {port: 3000, host: '127.0.0.1'});
  });

  it('is this machine only, but in production every address', () => {
    assert.deepEqual(decideAddress({}, {}), {port: 3000, host: '127.0.0.1'});
    assert.deepEqual(decideAddress({}, {NODE_ENV: 'production'}), {port: 3000, host: undefined});
  });
});
