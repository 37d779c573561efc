// A web app is a function from a request to its answer.

import {type App, tako} from 'tako.sh';

export default {
  fetch(request) {
    const {pathname} = new URL(request.url);
    if (pathname === '/') return page('{{name}}', `Bun ${Bun.version} in ${tako.env}`);
    if (pathname === '/api/hello') return Response.json({hello: 'world', env: tako.env, build: tako.build});
    return new Response('not found\n', {status: 404});
  },
} satisfies App;

const page = (title: string, text: string): Response =>
  new Response(`<!doctype html>\n<title>${title}</title>\n<h1>Hello from ${title}</h1>\n<p>${text}</p>\n`, {
    headers: {'content-type': 'text/html; charset=utf-8'},
  });
