/** The pages of both servers, as plain as can be. */
export function html(body: string, status = 200): Response {
  const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>tokenkeep</title>
<link rel="icon" href="data:,">
${body}`;
  return new Response(page, { status, headers: { 'content-type': 'text/html; charset=utf-8' } });
}

/** A form of one button. */
export function buttonForm(action: string, label: string): string {
  return `<form method="post" action="${action}"><button>${label}</button></form>`;
}

export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
