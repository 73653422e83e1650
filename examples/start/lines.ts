/** Prints one line of the story, with the time. */
export function say(line: string): void {
  const now = new Date();
  const clock = now.toLocaleTimeString('en-GB');
  console.log(`${clock}.${String(now.getMilliseconds()).padStart(3, '0')}  ${line}`);
}
