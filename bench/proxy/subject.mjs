// A proxy under measurement: started for one work, and asked once whether it does what it is to be measured at.
import https from 'node:https';
import {findFreePort} from './machine.mjs';

const ATTEMPTS = 2;
const ANSWER_TIMEOUT_MS = 10_000;
const FORWARDED = ['for', 'proto', 'host'];

/**
 * Starts a proxy for a work. The subject has `port`, `pid`, the `host` to ask for, the `headers` every request needs and
 * `close()`. A port that was taken between being found and being used is forgiven once.
 */
export async function startSubject(proxy, options) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(proxy, options);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function startOnce(proxy, options) {
  const listen = await findFreePort();
  const {pid, close} = await proxy.start({...options, listen});
  const host = proxy.host ?? 'localhost';
  const subject = {proxy, port: listen, pid, host, headers: proxy.host ? {Host: host} : {}, close};
  try {
    return {...subject, missingHeaders: await check(subject)};
  } catch (error) {
    await close();
    throw error;
  }
}

/** Fails unless the proxy answers 200; resolves to the X-Forwarded headers the upstream did not get. */
async function check({proxy, port, host}) {
  const {status, body} = await ask({port, host, path: '/headers'});
  if (status !== 200) throw new Error(`${proxy.name} answered ${status}`);
  const received = field => new RegExp(`\\b${field}=[^ ]`).test(body);
  return body.startsWith('for=')
    ? FORWARDED.filter(field => !received(field)).map(field => `X-Forwarded-${field}`)
    : [];
}

function ask({port, host, path}) {
  const options = {host: '127.0.0.1', port, path, servername: 'localhost', headers: {host}, rejectUnauthorized: false};
  return new Promise((resolve, reject) => {
    const request = https.get({...options, agent: false, timeout: ANSWER_TIMEOUT_MS}, async response => {
      const chunks = await response.setEncoding('utf8').toArray().catch(reject);
      resolve({status: response.statusCode, body: chunks?.join('')});
    });
    request.on('timeout', () => request.destroy(new Error('no answer in time'))).on('error', reject);
  });
}
