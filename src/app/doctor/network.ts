import type { HealthCheck } from '../../core/model/health-check.ts';
import { readProxies } from '../../http/proxy.ts';
import type { Runtime } from '../runtime.ts';

/** Checks the proxy settings of the environment. */
export function checkNetwork({ env }: Runtime): readonly HealthCheck[] {
  const name = 'proxy';
  const proxies = readProxies(env);
  if ('unusable' in proxies) {
    return [
      {
        name,
        state: 'failed',
        message: `${proxies.unusable} can't be used: ${proxies.reason}`,
        fix: proxies.hint,
      },
    ];
  }
  const used = [proxies.https && 'HTTPS_PROXY', proxies.http && 'HTTP_PROXY'].filter((one) => one);
  return [
    used.length === 0
      ? { name, state: 'skipped', message: 'not set' }
      : {
          name,
          state: 'ok',
          message: `${used.join(' and ')}${proxies.none === '' ? '' : ', except hosts in NO_PROXY'}`,
        },
  ];
}
