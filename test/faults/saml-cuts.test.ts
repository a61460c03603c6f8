import { SamlIdp } from '../helpers/idps'
import { describeCuts } from './cuts'

describe('a sign-in through SAML whose connection to the database is cut', () => {
  describeCuts(() => SamlIdp.start())
})
