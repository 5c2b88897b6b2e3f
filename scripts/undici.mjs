/**
 * Bundles only the parts of undici that the program uses. Its main module also loads `fetch`, mocks, caches, cookies and
 * WebSockets, and through them the copy of undici inside Node. Its HTTP/2 client, which the program never enables, would
 * load Node's. The program sends only texts, no form data.
 */
export const undiciFetch = {
  name: 'undici-fetch',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^undici$/ }, ({ resolveDir }) => ({
      path: 'undici',
      namespace: 'undici-fetch',
      pluginData: { resolveDir },
    }));
    onLoad({ filter: /[\\/]undici[\\/]lib[\\/]web[\\/]fetch[\\/]body\.js$/ }, () => ({
      contents: "exports.extractBody = () => { throw new TypeError('form data is not included'); };",
    }));
    onLoad({ filter: /[\\/]undici[\\/]lib[\\/]dispatcher[\\/]client-h2\.js$/ }, () => ({
      contents: "module.exports = () => { throw new TypeError('HTTP/2 is not included'); };",
    }));
    onLoad({ filter: /.*/, namespace: 'undici-fetch' }, ({ pluginData }) => ({
      contents: `
        import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
        import * as api from 'undici/lib/api/index.js';
        // As the main module does: a tunnel through a proxy is opened with connect().
        Object.assign(Dispatcher.prototype, api);
        export { default as buildConnector } from 'undici/lib/core/connect.js';
        export { default as Agent } from 'undici/lib/dispatcher/agent.js';
        export { default as EnvHttpProxyAgent } from 'undici/lib/dispatcher/env-http-proxy-agent.js';
        export { default as Pool } from 'undici/lib/dispatcher/pool.js';
      `,
      ...pluginData,
    }));
  },
};
