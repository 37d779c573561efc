export const greet = path => `Hello from ${path}`;
