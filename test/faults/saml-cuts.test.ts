import { SamlIdp } from '../helpers/idps'
import { describeCuts } from './cuts'

describe('a SAML sign-in that loses its database connection', () => {
  describeCuts(() => SamlIdp.start())
})
