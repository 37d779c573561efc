import {type App, tako} from 'tako.sh';

// Under `tako dev` apps of a workspace find each other in such variables; in production it is said in tako.toml.
const apiUrl = process.env['TAKO_URL_{{NAME}}_API'] ?? process.env.API_URL ?? 'http://127.0.0.1:3001';

export default {
  async fetch(request) {
    const {pathname} = new URL(request.url);
    if (pathname !== '/') return new Response('not found\n', {status: 404});
    return page('{{name}}', `${await askApi()}, from ${apiUrl} in ${tako.env}`);
  },
} satisfies App;

async function askApi(): Promise<string> {
  try {
    const answer = await fetch(new URL('/greeting', apiUrl), {signal: AbortSignal.timeout(5_000)});
    const {greeting} = (await answer.json()) as {greeting: string};
    return greeting;
  } catch (error) {
    console.error(error);
    return 'The API does not answer';
  }
}

const page = (title: string, text: string): Response =>
  new Response(`<!doctype html>\n<title>${title}</title>\n<h1>Hello from ${title}</h1>\n<p>${text}</p>\n`, {
    headers: {'content-type': 'text/html; charset=utf-8'},
  });
