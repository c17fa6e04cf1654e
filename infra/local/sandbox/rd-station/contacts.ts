type Contact = {
  readonly uuid: string;
  readonly email: string;
  readonly name: string;
  readonly job_title: string;
  readonly city: string;
  readonly state: string;
  readonly country: string;
  readonly tags: readonly string[];
};

/** The same few in every account. */
export const contacts: readonly Contact[] = [
  {
    uuid: "5408c5a3-4711-4f2e-8d0b-13407a3e30f3",
    email: "ana@example.com",
    name: "Ana Souza",
    job_title: "Compradora",
    city: "Florianópolis",
    state: "SC",
    country: "Brasil",
    tags: ["cliente"],
  },
  {
    uuid: "7f1a2b9c-0d35-4c8e-9b11-5e2c60f4a7d2",
    email: "bruno@example.com",
    name: "Bruno Lima",
    job_title: "Diretor",
    city: "São Paulo",
    state: "SP",
    country: "Brasil",
    tags: ["lead", "feira-2026"],
  },
  {
    uuid: "c0b3d0de-92a4-4f6b-8e57-1f2f3a9d6b84",
    email: "celia@example.com",
    name: "Célia Araújo",
    job_title: "Sócia",
    city: "Recife",
    state: "PE",
    country: "Brasil",
    tags: [],
  },
];

/** @returns the contact that `email:…` or `uuid:…` names. */
export function findContact(identifier: string): Contact | undefined {
  return contacts.find((contact) => [`email:${contact.email}`, `uuid:${contact.uuid}`].includes(identifier));
}
