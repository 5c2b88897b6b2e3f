/** The code that talks to Docker Hub, in one module that is loaded when it is needed. */
export { dockerHubAccess } from './access.ts';
export { connectOrganization } from './organization-client.ts';
export { connectPersonal } from './personal-client.ts';
