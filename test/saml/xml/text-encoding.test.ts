import { XmlError } from '../../../src/saml/xml/error'
import { decodeXml } from '../../../src/saml/xml/text-encoding'

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16()
const labeled = (label: string, content = 'é'): string =>
  `<?xml version="1.0" encoding="${label}"?><x>${content}</x>`

function problemOf(bytes: Buffer): string {
  try {
    return decodeXml(bytes)
  } catch (error) {
    return error instanceof XmlError ? `${error.check}: ${error.problem}` : 'another error'
  }
}

describe('the text of a document', () => {
  it.each<[string, Buffer, string]>([
    ['UTF-8', Buffer.from('<x>é</x>'), '<x>é</x>'],
    ['UTF-8 with a byte order mark', Buffer.from('\ufeff<x>é</x>'), '<x>é</x>'],
    ['UTF-16 with a byte order mark', Buffer.from('\ufeff<x>é</x>', 'utf16le'), '<x>é</x>'],
    ['big-endian UTF-16 with a byte order mark', utf16be('\ufeff<x>é</x>'), '<x>é</x>'],
    ['UTF-8 that declares ISO-8859-1', Buffer.from(labeled('ISO-8859-1')), labeled('ISO-8859-1')],
    [
      'ASCII that declares another encoding',
      Buffer.from(labeled('Shift_JIS', 'a')),
      labeled('Shift_JIS', 'a'),
    ],
    ['ISO-8859-1 as declared', latin1(labeled('ISO-8859-1', 'é\x80')), labeled('ISO-8859-1', 'é\x80')],
    [
      'windows-1252 as declared',
      latin1(labeled('Windows-1252', 'é \x80 \x9f')),
      labeled('Windows-1252', 'é € Ÿ'),
    ],
    ['UTF-16 as declared', Buffer.from(labeled('utf-16'), 'utf16le'), labeled('utf-16')],
    ['UTF-16 of ASCII, as declared', Buffer.from(labeled('UTF-16', 'a'), 'utf16le'), labeled('UTF-16', 'a')],
    ['big-endian UTF-16 as declared', utf16be(labeled('UTF-16')), labeled('UTF-16')],
    [
      'a declaration in apostrophes',
      latin1("<?xml version='1.0' encoding = 'latin1' standalone='yes'?><x>é</x>"),
      "<?xml version='1.0' encoding = 'latin1' standalone='yes'?><x>é</x>",
    ],
  ])('is read from %s', (_, bytes, text) => expect(decodeXml(bytes)).toBe(text))

  it.each<[string, Buffer, string]>([
    [
      'another encoding',
      latin1(labeled('Shift_JIS')),
      'encoding: is in Shift_JIS, an encoding that is not supported',
    ],
    ['no encoding', latin1('<x>é</x>'), 'encoding: is not UTF-8'],
    ['a false declaration of UTF-8', latin1(labeled('UTF-8')), 'encoding: is not UTF-8'],
    ['an unknown encoding label', latin1(labeled('<b>')), 'encoding: is not UTF-8'],
    ['half a character', Buffer.from([0xff, 0xfe, 0x3c]), 'encoding: is not UTF-16'],
    ['half a surrogate pair', Buffer.from([0xfe, 0xff, 0xd8, 0x00]), 'encoding: is not UTF-16'],
    ['a byte order mark and invalid UTF-8', Buffer.from([0xef, 0xbb, 0xbf, 0xff]), 'encoding: is not UTF-8'],
  ])('is refused with %s', (_, bytes, problem) => expect(problemOf(bytes)).toBe(problem))
})
