import { html, type Content, type Html } from './html'

export interface DocumentParts {
  title: string
  /** The owner of the page: the app, or its customer Acme. */
  side: 'app' | 'acme'
  header: Content
  main: Content
  /** The address of a script on this server. */
  script?: string
}

/** A complete HTML document with the example's style sheet. */
export function document({ title, side, header, main, script }: DocumentParts): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/assets/style.css" />
        ${script && html`<script src="${script}" defer></script>`}
      </head>
      <body class="${side}">
        <a class="skip" href="#main">Skip to content</a>
        <header class="site">${header}</header>
        <main id="main">${main}</main>
      </body>
    </html>`.toString()
}

/** A message at the top of a page: a success or a problem. */
export function banner(kind: 'done' | 'problem', content: Content): Html {
  return html`<p class="banner ${kind}" role="${kind === 'problem' ? 'alert' : 'status'}">${content}</p>`
}
