/** What most tools print where they fail; a guess that opens a log at a better place than its end. */
const words = /\b(error|fatal|failed|failure|exception|panic|denied|refused|traceback|not ok)\b|✗|✖/i;

export const looksFailing = (text: string): boolean => words.test(text);
