import { html, type Content, type Html } from './html'

export interface DocumentParts {
  title: string
  /** Whose pages these are: the app's own, or those of the customer, Acme. */
  side: 'app' | 'acme'
  header: Content
  main: Content
  /** A script of this server, where a page is better with one. */
  script?: string
}

/** A whole HTML document with the style sheet that all the pages of the example share. */
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
        <a class="skip" href="#main">Skip to the content</a>
        <header class="site">${header}</header>
        <main id="main">${main}</main>
      </body>
    </html>`.toString()
}

/** A labelled message on top of a page: something was done, or could not be. */
export function banner(kind: 'done' | 'problem', content: Content): Html {
  return html`<p class="banner ${kind}" role="${kind === 'problem' ? 'alert' : 'status'}">${content}</p>`
}
