// A web app without packages that keeps notes: `POST /notes` adds one, `GET /notes` shows them. It listens on a free port
// and says which on file descriptor 4, so that no request gets to it before it can answer.
import {appendFileSync, closeSync, readFileSync, writeSync} from 'node:fs';
import {createServer} from 'node:http';
import path from 'node:path';

const {PORT = '3000', HOST = '127.0.0.1', ENV = 'development', TAKO_BUILD, TAKO_DATA_DIR = '.'} = process.env;
const greeting = readFileSync(path.join(import.meta.dirname, 'greeting.txt'), 'utf8').trim();
const notes = path.join(TAKO_DATA_DIR, 'notes.txt');

const server = createServer((request, response) => {
  if (request.url !== '/notes')
    return answer(response, {greeting, environment: ENV, release: TAKO_BUILD, pid: process.pid});
  if (request.method === 'POST') return addNote(request, response);
  answer(response, {notes: readNotes()});
});

function addNote(request, response) {
  let text = '';
  request.setEncoding('utf8').on('data', part => {
    text += part;
  });
  request.on('end', () => {
    appendFileSync(notes, `${text}\n`);
    console.log(`note: ${text}`);
    answer(response, {notes: readNotes()});
  });
}

function readNotes() {
  try {
    return readFileSync(notes, 'utf8').trimEnd().split('\n');
  } catch {
    return [];
  }
}

function answer(response, content) {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(content));
}

server.listen(Number(PORT), HOST, () => {
  console.log(`${greeting}, listening on port ${server.address().port}`);
  if (PORT !== '0') return;
  writeSync(4, `${server.address().port}\n`);
  closeSync(4);
});

// Requests under way are answered before it ends.
process.on('SIGTERM', () => server.close(() => process.exit(0)));
