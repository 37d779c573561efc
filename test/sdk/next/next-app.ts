import type {AdapterApp} from '../adapter-app.js';
import {openTemplate, type TemplateOptions} from '../template-app.js';

export const NEXT = 'next/dist/bin/next';

/** What it is started with. */
export const BOOTSTRAP = {token: 'token', secrets: {API_KEY: 'the key of the shop'}, storages: {}};

/** The template, with routes that say what their code sees. */
export async function openNext(options: TemplateOptions = {}): Promise<AdapterApp> {
  const app = await openTemplate('next', options);
  app.write(
    'app/api/seen/route.ts',
    `import {tako} from 'tako.sh';
    export const dynamic = 'force-dynamic';
    export function GET(request: Request) {
      const {origin} = (request as Request & {nextUrl: URL}).nextUrl;
      return Response.json({url: request.url, origin, secret: tako.secrets.API_KEY, port: tako.port, pid: process.pid});
    }`,
  );
  app.write(
    'app/api/leave/route.ts',
    `import {NextResponse} from 'next/server';
    export const dynamic = 'force-dynamic';
    export const GET = (request: Request) => NextResponse.redirect(new URL('/login?from=leave', request.url));`,
  );
  app.write(
    'app/api/slow/route.ts',
    `export const dynamic = 'force-dynamic';
    export async function GET() {
      console.log('it takes its time');
      await new Promise(resolve => setTimeout(resolve, 1_000));
      return new Response('at last');
    }`,
  );
  app.write(
    'app/secret/page.tsx',
    `import {connection} from 'next/server';
    import {tako} from 'tako.sh';
    export default async function Page() {
      await connection();
      return <p>{tako.secrets.API_KEY}</p>;
    }`,
  );
  // Next 16 has another name for it.
  app.write(
    options.versions?.next?.includes('15') ? 'middleware.ts' : 'proxy.ts',
    `import {type NextRequest, NextResponse} from 'next/server';
    export default function proxy(request: NextRequest) {
      const to = (path: string) => new URL(path, request.url);
      return request.nextUrl.pathname === '/old' ? NextResponse.rewrite(to('/api/seen?of=old')) : NextResponse.redirect(to('/new'));
    }
    export const config = {matcher: ['/old', '/moved']};`,
  );
  app.write('public/robots.txt', 'User-agent: *\n');
  return app;
}
