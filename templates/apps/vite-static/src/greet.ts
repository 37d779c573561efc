export const greet = (host: string): string => `These files are served as they are, by ${host}.`;
