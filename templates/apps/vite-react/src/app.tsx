import {useEffect, useState} from 'react';

type Greeting = {readonly hello: string; readonly env: string; readonly build: string};

export function App() {
  const [count, setCount] = useState(0);
  const [greeting, setGreeting] = useState<Greeting>();
  useEffect(() => {
    fetch('/api/hello')
      .then(answer => answer.json())
      .then(setGreeting)
      .catch(console.error);
  }, []);
  return (
    <main>
      <h1>Hello from {{name}}</h1>
      <p>{greeting ? `The server says: hello ${greeting.hello}, from ${greeting.env}` : 'Asking the server'}</p>
      <button type="button" onClick={() => setCount(count + 1)}>
        clicked {count} times
      </button>
    </main>
  );
}
