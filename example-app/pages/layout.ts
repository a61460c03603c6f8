import { document } from '../web/document'
import { html, type Content } from '../web/html'

export interface AppPage {
  title: string
  signedIn: boolean
  /** The current entry of the navigation. */
  current?: '/profile' | '/sources'
  main: Content
}

/** A page of the app, with its navigation. */
export function appPage({ title, signedIn, current, main }: AppPage): string {
  const entry = (href: string, text: string) =>
    html`<a href="${href}" ${href === current && html`aria-current="page"`}>${text}</a>`
  return document({
    title: `${title} · Example app`,
    side: 'app',
    header: html`<p class="brand"><a href="/">Example app</a></p>
      <nav aria-label="Main">
        ${signedIn ? entry('/profile', 'Profile') : entry('/sso', 'Sign in')}
        ${entry('/sources', 'SSO sources')}
        ${signedIn && html`<form method="post" action="/sso/logout"><button class="link">Sign out</button></form>`}
      </nav>`,
    main,
  })
}
