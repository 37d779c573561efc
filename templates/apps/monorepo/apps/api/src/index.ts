import {type App, tako} from 'tako.sh';

export default {
  fetch(request) {
    const {pathname} = new URL(request.url);
    if (pathname === '/') return Response.json({app: '{{name}}-api', env: tako.env});
    if (pathname === '/greeting') return Response.json({greeting: 'Hello from the API'});
    return Response.json({error: 'not found'}, {status: 404});
  },
} satisfies App;
