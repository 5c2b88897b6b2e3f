/** Returns a name that Kubernetes takes, as near to a token's as can be (RFC 1123 subdomain). */
export function kubernetesName(name: string): string {
  const near = name
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .slice(0, 253)
    .replace(/(^|\.)[.-]+|[.-]+(?=\.|$)/g, '$1');
  return near === '' ? 'registry-token' : near;
}
