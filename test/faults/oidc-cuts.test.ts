import { OidcIdp } from '../helpers/idps'
import { describeCuts } from './cuts'

describe('an OpenID Connect sign-in that loses its database connection', () => {
  describeCuts(() => OidcIdp.start())
})
