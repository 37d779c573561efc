import {connection} from 'next/server';
import {tako} from 'tako.sh';

export async function GET() {
  await connection();
  // Values of "tako secrets set" are here, as in tako.secrets.API_KEY, and never in the browser.
  return Response.json({hello: 'world', env: tako.env, build: tako.build});
}
