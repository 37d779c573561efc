import assert from 'node:assert/strict';
import {existsSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {editText} from '../../../src/commands/requests/editor.js';
import {TakoError} from '../../../src/system/error.js';
import {temporaryFolder} from '../support.js';

/** An editor that notes where the file is, which is its last word, and runs a script on it. */
function editorOf(script: string): {editor: string; file(): string} {
  const folder = temporaryFolder();
  const program = path.join(folder, 'my editor');
  writeFileSync(program, `#!/bin/sh\nfor file; do :; done\necho "$file" > '${folder}/file'\n${script}\n`, {
    mode: 0o755,
  });
  return {editor: `'${program}' --wait`, file: () => readFileSync(path.join(folder, 'file'), 'utf8').trim()};
}

describe('an editor', () => {
  it('is given the text in a file of this user alone, and what it makes of it is used', async () => {
    const {editor, file} = editorOf('echo more >> "$file"');
    const changed = await editText(
      'text\n',
      {environment: {...process.env, EDITOR: editor}, hasTerminal: true},
      async text => {
        assert.equal(statSync(file()).mode & 0o777, 0o600);
        assert.equal(statSync(path.dirname(file())).mode & 0o777, 0o700);
        return text;
      },
    );
    assert.equal(changed, 'text\nmore\n');
    assert.equal(existsSync(path.dirname(file())), false);
  });

  it('is the one in VISUAL, if there is one', async () => {
    const environment = {...process.env, EDITOR: 'false', VISUAL: editorOf(':').editor};
    assert.equal(await editText('x', {environment, hasTerminal: true}, async text => text), 'x');
  });

  it('sends nothing when it fails, and leaves nothing behind', async () => {
    const {editor, file} = editorOf('exit 3');
    const used = editText('x', {environment: {...process.env, EDITOR: editor}, hasTerminal: true}, () =>
      assert.fail('used'),
    );
    await assert.rejects(used, {code: 'EDITOR_FAILED'});
    assert.equal(existsSync(file()), false);
  });

  it('leaves what was written where it cannot be used, and says where', async () => {
    const {editor, file} = editorOf('echo mine > "$file"');
    const used = editText('x', {environment: {...process.env, EDITOR: editor}, hasTerminal: true}, async () => {
      throw new TakoError('REPLAY_INVALID', 'no request', {hint: 'do it otherwise'});
    });
    const error = await used.then(
      () => assert.fail('it was used'),
      (problem: unknown) => problem,
    );
    assert.ok(error instanceof TakoError);
    assert.deepEqual([error.code, error.message, error.hint], ['REPLAY_INVALID', 'no request', 'do it otherwise']);
    assert.deepEqual(error.details, [`what you wrote is in ${file()}`]);
    assert.equal(readFileSync(file(), 'utf8'), 'mine\n');
  });

  it('needs a terminal, and a name', async () => {
    const never = () => assert.fail('used');
    await assert.rejects(editText('x', {environment: {EDITOR: 'true'}, hasTerminal: false}, never), {
      code: 'NO_TERMINAL',
    });
    await assert.rejects(editText('x', {environment: {EDITOR: ''}, hasTerminal: true}, never), {code: 'NO_EDITOR'});
  });
});
