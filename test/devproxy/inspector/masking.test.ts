import assert from 'node:assert/strict';
import {brotliCompressSync, gzipSync, zstdCompressSync} from 'node:zlib';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {walkBody} from '../../../src/devproxy/inspector/secret-bodies.js';
import {walkJson} from '../../../src/devproxy/inspector/secret-json.js';
import {createSecretNames} from '../../../src/devproxy/inspector/secret-names.js';
import {maskSecret, walkField, walkTarget} from '../../../src/devproxy/inspector/secret-text.js';
import {fetchHttp1, fetchHttp2, openHttp2, startUpstream} from '../../proxy/harness.js';
import {startInspected, textOf} from './support.js';

const walk = {names: createSecretNames(['x-secret', 'internal_id']), visit: maskSecret};
const field = (name: string, value: string): string => walkField(name, value, walk);
const json = (text: string): string => walkJson(text, 'request-json', walk);

describe('the names of secrets', () => {
  it.each([
    'Authorization',
    'PROXY-authorization',
    'X-Api-Key',
    'x_api_key',
    'X-Auth-Token',
    'x-amz-security-token',
    'X-CSRF-Token',
    'Stripe-Signature',
    'x-hub-signature-256',
    'X-Secret',
    'Internal-ID',
  ])('%s is one of a field', name => {
    assert.equal(field(name, 's3cret'), '***');
  });

  it.each([
    'X-Request-Id',
    'Accept',
    'ETag',
    'Sec-WebSocket-Key',
    'Idempotency-Key',
    'Content-Type',
    'Code',
    'X-Tokens',
  ])('%s is none of a field', name => {
    assert.equal(field(name, 'plain'), 'plain');
  });

  it.each([
    'password',
    'newPassword2',
    'access_token',
    'accessToken',
    'ACCESS-TOKEN',
    'api_key',
    'client_secret',
    'code',
    'sig',
    'user[password]',
  ])('%s is one of a query and of JSON', name => {
    assert.equal(walkTarget(`/?${name}=s3cret&x=1`, walk), `/?${name}=***&x=1`);
    assert.equal(json(`{"${name}":"s3cret"}`), `{"${name}":"***"}`);
  });

  it.each(['max_tokens', 'token_type', 'tokenizer', 'author', 'codec', 'passenger', 'signatures', 'keyboard'])(
    '%s is none',
    name => {
      assert.equal(walkTarget(`/?${name}=plain`, walk), `/?${name}=plain`);
      assert.equal(json(`{"${name}":"plain"}`), `{"${name}":"plain"}`);
    },
  );

  it('have code among them in what is asked, and not in what is answered, where it is that of an error', () => {
    assert.equal(walkJson('{"code":"E_FULL"}', 'response-json', walk), '{"code":"E_FULL"}');
    assert.equal(walkJson('{"access_token":"x"}', 'response-json', walk), '{"access_token":"***"}');
  });
});

describe('fields', () => {
  it('keep the scheme of credentials and nothing behind it', () => {
    assert.equal(field('authorization', 'Bearer abc.def'), 'Bearer ***');
    assert.equal(field('AUTHORIZATION', 'basic  dXNlcjpwYXNz'), 'basic  ***');
    assert.equal(field('authorization', 'my secret words'), '***');
    assert.equal(field('authorization', ''), '');
  });

  it('keep the names of cookies and the attributes of those that are set', () => {
    assert.equal(field('Cookie', 'sid=abc; theme=dark=blue;x;  y=;'), 'sid=***; theme=***;***;  y=;');
    assert.equal(
      field('Set-Cookie', 'sid=a=b; Path=/; HttpOnly; SameSite=Lax'),
      'sid=***; Path=/; HttpOnly; SameSite=Lax',
    );
  });

  it('are masked where they have a URL with a secret in its query or fragment', () => {
    assert.equal(field('Location', '/back?state=1&code=abc#top'), '/back?state=1&code=***#top');
    assert.equal(field('location', 'https://a.test/#access_token=abc&x=1'), 'https://a.test/#access_token=***&x=1');
    assert.equal(field('Referer', 'https://a.test/?Token=abc'), 'https://a.test/?Token=***');
    assert.equal(field('Link', '</n?api_key=abc>; rel="next"'), '</n?api_key=***>; rel="next"');
    assert.equal(field('Cache-Control', 'max-age=60, public'), 'max-age=60, public');
  });
});

describe('queries', () => {
  it('are masked in all places of a name, however that is written', () => {
    assert.equal(
      walkTarget('/p?token=a&x=1&token=b&access%5Ftoken=c&pass%77ord=d&token', walk),
      '/p?token=***&x=1&token=***&access%5Ftoken=***&pass%77ord=***&token',
    );
    assert.equal(walkTarget('/token=a', walk), '/token=a');
    assert.equal(walkTarget('/?%zz=1&token=', walk), '/?%zz=1&token=***');
    assert.equal(walkTarget('/?a=1;token=b', walk), '/?a=1;token=***');
  });
});

describe('JSON', () => {
  it('is masked at every depth, and stays as it was written elsewhere', () => {
    assert.equal(
      json('{ "a": [ {"Password" : "x\\"y", "n":1} ],\n "b": {"token":123, "on":true} }'),
      '{ "a": [ {"Password" : "***", "n":1} ],\n "b": {"token":"***", "on":true} }',
    );
  });

  it('leaves out whole what is below the name of a secret', () => {
    assert.equal(json('{"credentials":{"user":"u","list":["]","}"]},"x":1}'), '{"credentials":"***","x":1}');
  });

  it('says whether there is one', () => {
    assert.equal(json('{"password":null,"token":false}'), '{"password":null,"token":false}');
  });

  it('is masked inside of strings too, and where names have escapes', () => {
    const inner = JSON.stringify({password: 'a"b\\', x: 1});
    assert.equal(json(JSON.stringify({inner})), JSON.stringify({inner: inner.replace('"a\\"b\\\\"', '"***"')}));
    const deeper = JSON.stringify({inner: JSON.stringify({inner})});
    assert.ok(!json(deeper).includes('a\\'));
    assert.deepEqual(JSON.parse(JSON.parse(JSON.parse(json(deeper)).inner).inner), {password: '***', x: 1});
    assert.equal(json('{"pass\\u0077ord":"x"}'), '{"pass\\u0077ord":"***"}');
  });

  it('is masked line by line, and in events', () => {
    assert.equal(json('{"token":"a"}\n{"token":"b"}\n'), '{"token":"***"}\n{"token":"***"}\n');
    assert.equal(json('data: {"token":"a"}\n\n'), 'data: {"token":"***"}\n\n');
  });

  it('shows nothing of a secret at whichever place it is cut off', () => {
    const secret = 'S3CR3T\\"x';
    const whole = `{"user":"u","nested":{"password":"${secret}","keys":[1]},"credentials":["S3CR3T",{"a":"S3CR3T"}],"pin":"S3CR3T"}`;
    for (let end = 0; end <= whole.length; end++) {
      const masked = json(whole.slice(0, end));
      assert.ok(!masked.includes('S3'), `cut at ${end}: ${masked}`);
    }
    assert.equal(json('{"password":"S3'), '{"password":"***"');
  });

  it('is walked once, whatever it is', () => {
    for (const part of ['\\', '"', '"a" ', '{"token":', '\\"token\\":\\"', '"token":[', ' ']) {
      const text = part.repeat(Math.floor(262_144 / part.length));
      // A walk that goes back for each character would take longer than a test may.
      assert.ok(!json(`${text}"password":"S3CR3T"`).includes('S3CR3T'), part);
    }
  });

  it('hides each secret of any document', () => {
    const value = fc.string().map(text => `S3CR3T${text}`);
    const document = fc.letrec(tie => ({
      any: fc.oneof({maxDepth: 4}, fc.jsonValue({maxDepth: 1}), tie('object'), fc.array(tie('any'), {maxLength: 3})),
      object: fc.record(
        {password: fc.oneof(value, fc.array(value)), other: tie('any'), token: value},
        {requiredKeys: []},
      ),
    })).any;
    fc.assert(
      fc.property(document, fc.nat(3), (input, indent) => {
        fc.pre(!JSON.stringify(input).replaceAll('"S3CR3T', '').includes('S3CR3T'));
        const masked = json(JSON.stringify(input, null, indent));
        assert.ok(!masked.includes('S3CR3T'), masked);
        JSON.parse(masked);
      }),
      {seed: 6, numRuns: 500},
    );
  });
});

describe('bodies', () => {
  const body = (text: string, type: string): string =>
    walkBody(Buffer.from(text, 'latin1'), type, 'request', walk).toString('latin1');

  it('are masked as forms', () => {
    assert.equal(
      body('user=u&Password=p%26q&csrf_token=x&code=1', 'application/x-www-form-urlencoded; charset=utf-8'),
      'user=u&Password=***&csrf_token=***&code=***',
    );
  });

  it('are masked in the parts of a form, and when the last one is cut off', () => {
    const type = 'multipart/form-data; boundary=b';
    const part = (head: string, value: string): string =>
      `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${value}`;
    const first = part('name="user"', 'u');
    assert.equal(
      body(
        `${first}\r\n${part('name="password"', 'S3\r\nCR')}\r\n${part('filename="x"; name=token', 'S3')}\r\n--b--\r\n`,
        type,
      ),
      `${first}\r\n${part('name="password"', '***')}\r\n${part('filename="x"; name=token', '***')}\r\n--b--\r\n`,
    );
    assert.equal(body(part('name="password"', 'S3CR'), type), part('name="password"', '***'));
  });

  it('are masked where they are no text as a whole', () => {
    assert.equal(body('\xff\xfe{"password":"S3CR3T\xff"}', 'application/json'), '\xff\xfe{"password":"***"}');
  });

  it('are masked in their links, but not in code', () => {
    assert.equal(body('{"next":"/a?code=x&b=1#c"}', 'application/json'), '{"next":"/a?code=***&b=1#c"}');
    assert.equal(
      body('{"a":"{\\"next\\":\\"/?token=x\\"}"}', 'application/json'),
      '{"a":"{\\"next\\":\\"/?token=***\\"}"}',
    );
    assert.equal(body('<a href="/?a=1&amp;token=x">', 'text/html'), '<a href="/?a=1&amp;token=***">');
    assert.equal(body('b = a?token=x:y', 'text/javascript'), 'b = a?token=x:y');
  });

  it('are left alone where they are pictures', () => {
    assert.equal(body('"token":"x"', 'image/png'), '"token":"x"');
    assert.equal(body('"token":"x"', 'image/svg+xml'), '"token":"***"');
  });
});

describe('what an inspector shows', () => {
  it('has no secret, over HTTP/1.1 and HTTP/2', async () => {
    const upstream = await startUpstream((request, response) => {
      request.resume().on('end', () => {
        response.setHeader('Set-Cookie', ['sid=S3CR3T1; Secure', 'other=S3CR3T2']);
        response.setHeader('Location', '/next?token=S3CR3T3');
        response.setHeader('Content-Type', 'application/json');
        response.end('{"user":{"access_token":"S3CR3T4"}}');
      });
    });
    const {gateway, inspector, last} = await startInspected({upstream, maskedNames: ['X-Own']});
    const headers = {
      aUTHorization: 'Bearer S3CR3T5',
      cookie: 'a=S3CR3T6; b=S3CR3T7',
      'x-own': 'S3CR3T8',
      'content-type': 'application/json',
      referer: 'https://app.test/?password=S3CR3T9',
    };
    const path = '/login?signature=S3CR3T10&plain=1';
    const sent = JSON.stringify({own: {X_OWN: 'S3CR3T11'}, pass: 'S3CR3T12'});
    await fetchHttp1(gateway, {method: 'POST', path, headers, body: sent});
    const first = await last();
    const session = openHttp2(gateway);
    const lowerCase = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    await fetchHttp2(
      session,
      {':method': 'POST', ':path': path, ...lowerCase, cookie: ['a=S3CR3T6', 'b=S3CR3T7']},
      sent,
    );
    const second = await last();
    assert.notEqual(first.id, second.id);
    for (const detail of [first, second]) {
      assert.ok(!textOf(detail).includes('S3CR3T'), textOf(detail));
      assert.equal(detail.url, 'https://app.test/login?signature=***&plain=1');
      assert.equal(detail.response?.body?.data, '{"user":{"access_token":"***"}}');
    }
    assert.deepEqual(
      second.request.fields.filter(([name]) => name === 'cookie'),
      [['cookie', 'a=***; b=***']],
    );
    assert.ok(!JSON.stringify(inspector.list({}, 9)).includes('S3CR3T'));
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ] as const)('has no secret of a body in %s, whole or not', async (coding, encode) => {
    const secret = `{"password":"S3CR3T${'x'.repeat(200)}"}`;
    const noise = JSON.stringify(Array.from({length: 20_000}, (_, index) => (index * 7_919) % 104_729));
    const bodies = [encode(secret), encode(noise + secret), encode(secret + noise)];
    const upstream = await startUpstream((request, response) => {
      response.setHeader('content-encoding', coding);
      response.end(bodies[Number(request.url?.slice(1))]);
    });
    const {gateway, last} = await startInspected({upstream});
    for (const index of bodies.keys()) {
      await fetchHttp1(gateway, {path: `/${index}`});
      const detail = await last();
      assert.ok(!textOf(detail).includes('S3CR3T'), textOf(detail).slice(0, 300));
      assert.ok((detail.response?.body?.data ?? '').includes(index === 1 ? '7919' : '"***"'));
    }
  });

  it('has nothing of a body that cannot be looked into', async () => {
    const upstream = await startUpstream((request, response) => {
      response.setHeader('content-encoding', request.url === '/broken' ? 'gzip' : 'secret-coding');
      response.end('{"password":"S3CR3T"}');
    });
    const {gateway, last} = await startInspected({upstream});
    for (const path of ['/broken', '/unknown']) {
      await fetchHttp1(gateway, {path});
      assert.deepEqual((await last()).response?.body, {encoding: 'base64', data: '', bytes: 21, isTruncated: true});
    }
  });

  it('is bounded where a small body becomes a large one', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const upstream = await startUpstream((_request, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(bomb);
    });
    const {gateway, last} = await startInspected({upstream});
    await fetchHttp1(gateway);
    const body = (await last()).response?.body;
    assert.ok(body?.isTruncated && body.data.length > 0);
    assert.ok(Buffer.from(body.data, body.encoding).length <= 256 * 1024);
  });

  it('does not end in the middle of a character', async () => {
    const upstream = await startUpstream((_request, response) => response.end(`x${'€'.repeat(30_000)}`));
    const {gateway, last} = await startInspected({upstream});
    await fetchHttp1(gateway);
    const body = (await last()).response?.body;
    assert.equal(body?.encoding, 'utf8');
    assert.equal(body?.data, `x${'€'.repeat(Math.floor((64 * 1024 - 1) / 3))}`);
  });
});
