import express from 'express';

const app = express();

app.get('/', (_request, response) => {
  response.send('<!doctype html><title>Express</title><h1>Hello from Express</h1>');
});

app.listen(process.env.PORT || 3000);
