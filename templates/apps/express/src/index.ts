import express from 'express';
import {serve, tako} from 'tako.sh';

const app = express();
// The address of a visitor is what tako says of it: nobody else reaches this port.
app.set('trust proxy', 'loopback');

app.get('/', (_request, response) => {
  response.send(
    `<!doctype html>\n<title>{{name}}</title>\n<h1>Hello from {{name}}</h1>\n<p>Express in ${tako.env}</p>\n`,
  );
});

app.get('/api/hello', (request, response) => {
  response.json({hello: request.ip, env: tako.env, build: tako.build});
});

// Listens where tako says, and on port 3000 without it.
await serve(app);
