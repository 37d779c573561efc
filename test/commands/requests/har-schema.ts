// HAR 1.2 as a JSON Schema, after http://www.softwareishard.com/blog/har-12-spec/: all that an entry must have, and the
// kinds of all that it may have.

const text = {type: 'string'};
const count = {type: 'integer', minimum: -1};
const milliseconds = {type: 'number', minimum: -1};
const required = (properties: Readonly<Record<string, object>>, ...optional: readonly string[]): object => ({
  type: 'object',
  required: Object.keys(properties).filter(name => !optional.includes(name)),
  properties: {...properties, comment: text},
  additionalProperties: false,
});

const pair = required({name: text, value: text});
const cookie = required(
  {
    name: text,
    value: text,
    path: text,
    domain: text,
    expires: text,
    httpOnly: {type: 'boolean'},
    secure: {type: 'boolean'},
  },
  ...['path', 'domain', 'expires', 'httpOnly', 'secure'],
);
const parameter = required(
  {name: text, value: text, fileName: text, contentType: text},
  ...['value', 'fileName', 'contentType'],
);
const url = {type: 'string', format: 'uri'};

const request = required(
  {
    method: text,
    url,
    httpVersion: text,
    cookies: {type: 'array', items: cookie},
    headers: {type: 'array', items: pair},
    queryString: {type: 'array', items: pair},
    postData: required({mimeType: text, text, params: {type: 'array', items: parameter}}, 'text', 'params'),
    headersSize: count,
    bodySize: count,
  },
  'postData',
);

const response = required({
  status: {type: 'integer'},
  statusText: text,
  httpVersion: text,
  cookies: {type: 'array', items: cookie},
  headers: {type: 'array', items: pair},
  content: required(
    {
      size: {type: 'integer', minimum: 0},
      compression: {type: 'integer'},
      mimeType: text,
      text,
      encoding: {const: 'base64'},
    },
    ...['compression', 'text', 'encoding'],
  ),
  redirectURL: text,
  headersSize: count,
  bodySize: count,
});

const timings = required(
  {
    blocked: milliseconds,
    dns: milliseconds,
    connect: milliseconds,
    ssl: milliseconds,
    send: {type: 'number', minimum: 0},
    wait: {type: 'number', minimum: 0},
    receive: {type: 'number', minimum: 0},
  },
  ...['blocked', 'dns', 'connect', 'ssl'],
);

const entry = required(
  {
    startedDateTime: {type: 'string', format: 'date-time'},
    time: {type: 'number', minimum: 0},
    request,
    response,
    cache: {type: 'object'},
    timings,
    pageref: text,
    serverIPAddress: text,
    connection: text,
  },
  ...['pageref', 'serverIPAddress', 'connection'],
);

const named = required({name: text, version: text});

export const HAR_SCHEMA = required({
  log: required(
    {
      version: {const: '1.2'},
      creator: named,
      browser: named,
      pages: {type: 'array'},
      entries: {type: 'array', items: entry},
    },
    ...['browser', 'pages'],
  ),
});
