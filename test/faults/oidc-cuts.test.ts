import { OidcIdp } from '../helpers/idps'
import { describeCuts } from './cuts'

describe('a sign-in through OpenID Connect whose connection to the database is cut', () => {
  describeCuts(() => OidcIdp.start())
})
