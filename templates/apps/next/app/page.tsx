import {connection} from 'next/server';
import {tako} from 'tako.sh';
import {Counter} from './counter';

export default async function Page() {
  // At each request: what tako knows of the environment is not there when pages are built.
  await connection();
  return (
    <main>
      <h1>Hello from {{name}}</h1>
      <p>Rendered in {tako.env}</p>
      <Counter />
    </main>
  );
}
