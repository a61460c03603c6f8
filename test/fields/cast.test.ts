import { Schema } from 'mongoose'
import { cast, CastRefusal } from '../../src/fields/cast'
import { type Field, makeCatalog } from '../../src/fields/catalog'

const schema = new Schema({
  text: String,
  number: Number,
  flag: Boolean,
  day: Date,
  texts: [String],
  numbers: [Number],
  days: [Date],
  big: BigInt,
  id: Schema.Types.ObjectId,
})
const fields = makeCatalog(schema, {
  fields: Object.fromEntries(
    Object.keys(schema.paths)
      .filter((path) => path !== '_id')
      .map((path) => [path, {}]),
  ),
})
const field = (path: string): Field => fields.find((one) => one.path === path)!
const scope = (): unknown => ({})

describe('casting', () => {
  it.each([
    ['text', 'a b', 'a b'],
    ['text', 7, '7'],
    ['text', false, 'false'],
    ['number', '12.50', 12.5],
    ['number', ' -3e2 ', -300],
    ['number', 0, 0],
    ['number', '-0', 0],
    ['flag', 'true', true],
    ['flag', 'YES', true],
    ['flag', '1', true],
    ['flag', 1, true],
    ['flag', 'no', false],
    ['flag', 'False', false],
    ['flag', 0, false],
    ['flag', false, false],
    ['day', '2024-02-29', new Date('2024-02-29T00:00:00Z')],
    ['day', '2024-02-29T12:30:00+02:00', new Date('2024-02-29T10:30:00Z')],
    ['day', '2024-02-29T12:30:00.5Z', new Date('2024-02-29T12:30:00.5Z')],
    ['day', '2024-02-29T12:30', new Date('2024-02-29T12:30:00Z')],
    ['texts', ['a', 1], ['a', '1']],
    ['numbers', ['1', 2], [1, 2]],
    ['days', ['2024-01-01'], [new Date('2024-01-01T00:00:00Z')]],
    ['big', '9007199254740993', 9007199254740993n],
  ])('converts to %s: %p', (path, value, expected) => {
    expect(cast(field(path), value, scope).value).toEqual(expected)
  })

  it.each([
    ['number', 'twelve'],
    ['number', '0x10'],
    ['number', '1,5'],
    ['number', true],
    ['number', 'Infinity'],
    ['number', '1e999'],
    ['number', '9007199254740993'],
    ['text', { a: 1 }],
    ['flag', 'maybe'],
    ['flag', 2],
    ['day', '2023-02-29'],
    ['day', '2024-13-01'],
    ['day', '29.02.2024'],
    ['day', 'yesterday'],
    ['day', 1700000000],
    ['day', '2024-01-01T25:00:00Z'],
    ['numbers', [1, 'x']],
    ['id', 'nonsense'],
  ])('refuses for %s: %p', (path, value) => {
    expect(() => cast(field(path), value, scope)).toThrow(CastRefusal)
  })

  it('never reveals the value', () => {
    expect(() => cast(field('number'), 'hunter2', scope)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    )
  })
})
