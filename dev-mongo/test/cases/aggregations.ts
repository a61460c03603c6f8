import { type Document, Long } from 'mongodb'
import { type Case, outcome, typed } from './types'

const docs = [
  { _id: 1, team: 'x', n: 3, tags: ['a', 'b'], at: new Date('2024-01-02T03:04:05Z') },
  { _id: 2, team: 'y', n: 1.5, tags: ['b'], at: new Date('2024-02-02T03:04:05Z') },
  { _id: 3, team: 'x', n: Long.fromNumber(4), tags: [], in: { a: 1 } },
  { _id: 4, team: 'X' },
]

const pipelines: Record<string, Document[]> = {
  'match, sort, skip, limit': [
    { $match: { n: { $gt: 1 } } },
    { $sort: { n: -1 } },
    { $skip: 1 },
    { $limit: 1 },
  ],
  group: [{ $group: { _id: '$team', total: { $sum: '$n' }, ids: { $push: '$_id' } } }, { $sort: { _id: 1 } }],
  'group by nothing': [{ $group: { _id: null, n: { $sum: 1 }, most: { $max: '$n' } } }],
  unwind: [{ $unwind: '$tags' }, { $sort: { _id: 1, tags: 1 } }, { $project: { tags: 1 } }],
  'unwind, keeping the empty': [
    { $unwind: { path: '$tags', preserveNullAndEmptyArrays: true } },
    { $sort: { _id: 1, tags: 1 } },
    { $project: { tags: 1 } },
  ],
  'computed fields': [
    { $match: { _id: 1 } },
    { $project: { _id: 0, twice: { $multiply: ['$n', 2] }, up: { $toUpper: '$team' } } },
  ],
  'a condition': [
    { $sort: { _id: 1 } },
    { $addFields: { big: { $cond: [{ $gte: ['$n', 3] }, 'yes', 'no'] } } },
    { $project: { big: 1 } },
  ],
  count: [{ $match: { team: 'x' } }, { $count: 'n' }],
  'count of nothing': [{ $match: { team: 'none' } }, { $count: 'n' }],
  'sort by count': [{ $sortByCount: '$team' }, { $limit: 1 }],
  'replace the root': [{ $match: { _id: 3 } }, { $replaceRoot: { newRoot: '$in' } }],
  unset: [{ $match: { _id: 3 } }, { $unset: ['tags', 'in.a'] }],
  lookup: [
    { $match: { _id: { $lte: 2 } } },
    { $lookup: { from: 'teams', localField: 'team', foreignField: '_id', as: 'found' } },
    { $project: { found: 1 } },
    { $sort: { _id: 1 } },
  ],
  facet: [{ $facet: { a: [{ $match: { team: 'x' } }, { $count: 'n' }], b: [{ $count: 'n' }] } }],
  '$expr in a match': [{ $match: { $expr: { $gt: ['$n', '$_id'] } } }, { $project: { _id: 1 } }],
  'an unknown stage': [{ $frob: 1 }],
}

export const aggregations: Record<string, Case> = {
  ...Object.fromEntries(
    Object.entries(pipelines).map(([name, pipeline]) => [
      `aggregates: ${name}`,
      async (db) => {
        await typed(db).insertMany(docs as never)
        await db.collection('teams').insertOne({ _id: 'x' as never, label: 'Team X' })
        return outcome(db.collection('things').aggregate(pipeline).toArray())
      },
    ]),
  ),
  'aggregates under a collation': async (db) => {
    await typed(db).insertMany(docs as never)
    const pipeline = [{ $match: { team: 'X' } }, { $sort: { _id: 1 } }, { $project: { _id: 1 } }]
    return db
      .collection('things')
      .aggregate(pipeline, { collation: { locale: 'en', strength: 2 } })
      .toArray()
  },
}
