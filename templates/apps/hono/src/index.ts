import {Hono} from 'hono';
import {tako} from 'tako.sh';

const app = new Hono();

app.get('/', context =>
  context.html(`<!doctype html>\n<title>{{name}}</title>\n<h1>Hello from {{name}}</h1>\n<p>Hono in ${tako.env}</p>\n`),
);

app.get('/api/hello', context => context.json({hello: 'world', env: tako.env, build: tako.build}));

// What answers requests is all that is exported: it is served where tako says, and on port 3000 without it.
export default app;
