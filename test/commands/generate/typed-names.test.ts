import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {describeTypes} from '../../../src/commands/generate/typed-names.js';
import {configOf} from '../../config/support.js';

const describeText = (text: string, secrets: Readonly<Record<string, readonly string[]>> = {}, isVariable = false) =>
  describeTypes({config: configOf(text), secrets, areSecretsVariables: isVariable});

/** `KEY` where it is everywhere, else `KEY not in a, b`. */
const words = (names: readonly {readonly name: string; readonly missingIn: readonly string[]}[]): readonly string[] =>
  names.map(({name, missingIn}) => (missingIn.length === 0 ? name : `${name} not in ${missingIn.join(', ')}`));

const ENVIRONMENTS = '[envs.production]\nroute = "a.example.com"\n[envs.staging]\nroute = "b.example.com"\n';

describe('the names of a project', () => {
  it('has development and production among its environments, whatever it says', () => {
    assert.deepEqual(describeText('').environments, ['development', 'production']);
    assert.deepEqual(describeText(ENVIRONMENTS).environments, ['development', 'production', 'staging']);
  });

  it('is optional where one environment lacks it', () => {
    const text = `${ENVIRONMENTS}[vars]\nREGION = "eu"\n[vars.production]\nREGION = "us"\nWORKERS = 4\n`;
    assert.deepEqual(words(describeText(text).variables), ['REGION', 'WORKERS not in development, staging']);
  });

  it('counts no environment that nothing speaks of', () => {
    assert.deepEqual(words(describeText('[vars.development]\nLEVEL = "debug"').variables), ['LEVEL']);
    assert.deepEqual(words(describeText('', {development: ['KEY']}).secrets), ['KEY']);
    assert.deepEqual(words(describeText('', {development: ['KEY'], production: []}).secrets), [
      'KEY not in production',
    ]);
  });

  it('has the secrets of every environment, also those that development lacks', () => {
    const secrets = {development: ['API_KEY'], production: ['API_KEY', 'LICENSE']};
    assert.deepEqual(words(describeText('', secrets).secrets), ['API_KEY', 'LICENSE not in development']);
  });

  it('has secrets among the variables only where they are given as such, and puts both together', () => {
    const text = `[envs.production]\nroute = "a.example.com"\n[vars.development]\nDATABASE_URL = "local"\n`;
    const secrets = {production: ['DATABASE_URL']};
    assert.deepEqual(words(describeText(text, secrets, false).variables), ['DATABASE_URL not in production']);
    assert.deepEqual(words(describeText(text, secrets, true).variables), ['DATABASE_URL']);
  });

  it('has the storages by what code calls them', () => {
    const text = `
[storages.files]
bucket = "b"
endpoint = "https://s3.example.com"
region = "eu"
[envs.production]
route = "a.example.com"
storages = {uploads = "files"}
[envs.development]
storages = {uploads = "local", drafts = "local"}
`;
    assert.deepEqual(words(describeText(text).storages), ['drafts not in production', 'uploads']);
  });

  it('leaves out ENV, which tako sets', () => {
    assert.deepEqual(words(describeText('[vars]\nENV = "x"').variables), []);
  });
});
