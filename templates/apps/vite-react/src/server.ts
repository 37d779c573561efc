// What is asked for and is no file comes here. Vite runs it in development and takes up every edit.

import {tako} from 'tako.sh';
import {readPage} from 'tako.sh/vite/server';

export default {
  async fetch(request: Request): Promise<Response> {
    const {pathname} = new URL(request.url);
    // Values of "tako secrets set" are here, as in tako.secrets.API_KEY, and never in the browser.
    if (pathname === '/api/hello') return Response.json({hello: 'world', env: tako.env, build: tako.build});
    if (pathname.startsWith('/api/')) return Response.json({error: 'not found'}, {status: 404});
    // Any other address is the page's own matter: a router in the browser reads it.
    return new Response(await readPage(), {headers: {'content-type': 'text/html; charset=utf-8'}});
  },
};
