import type {APIRoute} from 'astro';
import {tako} from 'tako.sh';

export const prerender = false;

export const GET: APIRoute = () => Response.json({hello: 'world', env: tako.env, build: tako.build});
