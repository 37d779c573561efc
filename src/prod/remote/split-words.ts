/** The words of a text, parted by white space. */
export const splitWords = (text: string): string[] => text.split(/\s+/).filter(word => word !== '');
