import type { Attribute, PersonInput } from './people'

/** Attribute names from the app's page "SSO sources": SAML, then OpenID Connect. */
const names = {
  email: ['email', 'email'],
  emailVerified: ['', 'email_verified'],
  firstName: ['firstName', 'given_name'],
  lastName: ['lastName', 'family_name'],
  title: ['title', 'title'],
  department: ['department', 'department'],
  employeeNumber: ['employeeNumber', 'employee_number'],
  phoneNumber: ['phoneNumber', 'phone_number'],
  timezone: ['timezone', 'zoneinfo'],
  startDate: ['startDate', 'start_date'],
  costCenter: ['costCenter', 'cost_center'],
  level: ['level', 'level'],
  remote: ['remote', 'remote'],
  contractEnd: ['contractEnd', 'contract_end'],
  skills: ['skills', 'skills'],
  workplace: ['workplace', 'workplace'],
} satisfies Record<string, [saml: string, oidc: string]>

type Values = Partial<Record<keyof typeof names, string | string[]>>

/** The rows of the form for a new person. */
export const newPerson: PersonInput = {
  name: '',
  attributes: Object.values(names).map(([saml, oidc]) => ({ saml, oidc, values: [] })),
}

/** The first people. Some are complete, and some have mistakes, as in every directory. */
export const seed: PersonInput[] = [
  person('Mara Lindqvist', {
    email: 'mara.lindqvist@acme.example',
    firstName: 'Mara',
    lastName: 'Lindqvist',
    title: 'Staff Engineer',
    department: 'Platform',
    employeeNumber: 'A-1042',
    phoneNumber: '+46 8 555 01 42',
    timezone: 'Europe/Stockholm',
    startDate: '2019-03-01',
    costCenter: 'CC-410',
    level: '6',
    remote: 'true',
    contractEnd: '2027-02-28',
    skills: ['TypeScript', 'MongoDB', 'Incident response'],
    workplace: 'hybrid',
  }),
  person('أميرة حدّاد', {
    email: 'amira.haddad@acme.example',
    firstName: 'أميرة',
    lastName: 'حدّاد',
    title: 'مديرة المنتجات',
    department: 'Product',
    employeeNumber: 'A-1077',
    phoneNumber: '+20 2 5550 0177',
    timezone: 'Africa/Cairo',
    startDate: '2021-09-12',
    costCenter: 'CC-220',
    level: '7',
    remote: 'false',
    skills: ['العربية', 'Roadmaps'],
    workplace: 'office',
  }),
  person('Theodora Papadimitriou-Konstantinopoulou', {
    email: 'theodora.papadimitriou-konstantinopoulou@acme.example',
    firstName: 'Theodora',
    lastName: 'Papadimitriou-Konstantinopoulou',
    title: 'Senior Vice President for Procurement, Facilities and the Eastern Mediterranean Region',
    department: 'Operations',
    employeeNumber: 'A-0007',
    timezone: 'Europe/Athens',
    startDate: '1998-11-16',
    costCenter: 'CC-100',
    level: '11',
    remote: 'false',
    skills: [
      'Negotiation',
      'Contract law',
      'Greek',
      'Turkish',
      'Logistics',
      'Risk',
      'Budgeting',
      'Mentoring',
    ],
    workplace: 'office',
  }),
  nils(),
  person('Suharti (has no last name)', {
    email: 'suharti@acme.example',
    firstName: 'Suharti',
    title: 'Data Analyst',
    department: 'Finance',
    employeeNumber: 'A-1203',
    startDate: '2024-06-03',
    level: '4',
  }),
  person('Rui Ferreira (a partner, not at Acme)', {
    email: 'rui@partner.example',
    firstName: 'Rui',
    lastName: 'Ferreira',
    title: 'Consultant',
    employeeNumber: 'X-0031',
  }),
]

/** Nils has every kind of mistake that the library notices: in names, values and the number of values. */
function nils(): PersonInput {
  const { name, attributes } = person('Nils Berg (badly set up)', {
    email: 'nils.berg@acme.example',
    firstName: 'Nils',
    lastName: 'Berg',
    title: 'Support Lead',
    department: ['Support', 'Sales'],
    employeeNumber: 'A-1150',
    startDate: '2022-02-30',
    costCenter: 'CC-330',
    level: 'eleven',
    skills: ['German'],
    workplace: 'the beach',
  })
  const misspelled: Record<string, Partial<Attribute>> = {
    title: { saml: 'Title', oidc: 'Title' },
    costCenter: { saml: 'cost-center', oidc: 'costCenter' },
  }
  return { name, attributes: attributes.map((row) => ({ ...row, ...misspelled[row.saml] })) }
}

function person(name: string, values: Values): PersonInput {
  return { name, attributes: rows({ ...values, ...(values.email && { emailVerified: 'true' }) }) }
}

function rows(values: Values): Attribute[] {
  return Object.entries(names)
    .filter(([key]) => values[key as keyof Values] !== undefined)
    .map(([key, [saml, oidc]]) => ({ saml, oidc, values: [values[key as keyof Values] ?? ''].flat() }))
}
