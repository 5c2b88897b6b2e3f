/**
 * Domains that belong to known services. A server that names one of these as its own registry is wrong. The list has whole
 * domains, as the services add hosts below them. It can't be complete, as the hosts of companies' own registries are
 * unknown.
 */
const knownDomains = [
  'docker.io',
  'docker.com',
  'dhi.io',
  'ionos.com',
  'github.com',
  'ghcr.io',
  'gitlab.com',
  'bitbucket.org',
  'codeberg.org',
  'gitea.com',
  'quay.io',
  'redhat.com',
  'redhat.io',
  'openshift.com',
  'openshift.org',
  'gcr.io',
  'pkg.dev',
  'google.com',
  'googleapis.com',
  'k8s.io',
  'azurecr.io',
  'azurecr.cn',
  'azurecr.us',
  'microsoft.com',
  'amazonaws.com',
  'amazonaws.com.cn',
  'ecr.aws',
  'on.aws',
  'nvcr.io',
  'nvidia.com',
  'icr.io',
  'ibm.com',
  'ocir.io',
  'oracle.com',
  'oraclecloud.com',
  'digitalocean.com',
  'scw.cloud',
  'ovh.net',
  'stackit.cloud',
  't-systems.com',
  'aliyuncs.com',
  'myhuaweicloud.com',
  'tencentyun.com',
  'tencentcloudcr.com',
  'ncloud.com',
  'cr.yandex',
  'vultrcr.com',
  'vultr.com',
  'linode.com',
  'cloudflare.com',
  'fly.io',
  'heroku.com',
  'jfrog.io',
  'cloudsmith.io',
  'cgr.dev',
  'chainguard.dev',
  'lscr.io',
  'elastic.co',
  'suse.com',
  'opensuse.org',
  'vmware.com',
  'broadcom.com',
];

const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
const hostPattern = new RegExp(
  `^(?<name>${label}(\\.${label})*|\\[[0-9a-f:.]{2,45}\\])(:(?<port>[0-9]{1,5}))?$`,
  'i',
);
const maxHostLength = 253;

/**
 * Returns the host that a server names for a registry, in lower case, or the reason why no login may be stored for it. It
 * has to be a host name with an optional port and nothing else, and not that of another service.
 *
 * @param own domains of the service that names it
 */
export function readRegistryHost(
  text: string,
  own: readonly string[],
): { readonly host: string } | { readonly refused: string } {
  // Before the conversion to lower case, as that turns some non-ASCII letters into ASCII.
  const { name: spelled = '', port } = hostPattern.exec(text)?.groups ?? {};
  const name = spelled.toLowerCase();
  const isPort = port === undefined || (Number(port) > 0 && Number(port) <= 65_535);
  if (name === '' || name.length > maxHostLength || !isPort) {
    return { refused: 'it is not a host name with an optional port' };
  }
  const domain = knownDomains.find((known) => isBelow(name, known) && !own.includes(known));
  return domain === undefined
    ? { host: text.toLowerCase() }
    : { refused: `${domain} belongs to another service` };
}

function isBelow(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}
