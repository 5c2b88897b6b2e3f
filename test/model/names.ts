type Providers = typeof import('../../src/wire/providers.ts');

/** The providers of services whose tokens may share a name, as the labels of Docker Hub do. */
export function sharingNames({ providers, providerOf }: Providers): Providers {
  const sharing = (provider: Providers['providers'][number]): Providers['providers'][number] => ({
    ...provider,
    declaration: { ...provider.declaration, uniqueNames: false },
  });
  return { providers: providers.map(sharing), providerOf: (kind) => sharing(providerOf(kind)) };
}
