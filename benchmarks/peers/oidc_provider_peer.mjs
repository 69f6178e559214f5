// oidc-provider with the in-memory store it comes with. Tokens are JWTs, which it does not store;
// a request that names the opaque resource gets a token that it does store, and can introspect.
// Run with the folder that holds node_modules, and the folder of the client's file.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

process.env.NODE_ENV = 'production'; // before the import, which reads it
const [modules, folder] = process.argv.slice(2);
const entry = join(modules, 'node_modules', 'oidc-provider', 'lib', 'index.js');
const { Provider } = await import(pathToFileURL(entry));

const LIFETIME_SECONDS = 28800;
const JWT_RESOURCE = 'https://profile.example.test';
const OPAQUE_RESOURCE = 'https://opaque.example.test';
const SCOPE = 'profile';

const client = JSON.parse(readFileSync(join(folder, 'client.json')));
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signingKey = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'bench' };

const provider = new Provider('http://127.0.0.1/peer', {
  clients: [{
    ...client,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    token_endpoint_auth_method: 'client_secret_basic',
    id_token_signed_response_alg: 'ES256',
    scope: SCOPE,
  }],
  jwks: { keys: [signingKey] },
  scopes: [SCOPE],
  ttl: { ClientCredentials: LIFETIME_SECONDS },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => JWT_RESOURCE,
      getResourceServerInfo: (_context, resource) => ({
        audience: resource,
        scope: SCOPE,
        accessTokenTTL: LIFETIME_SECONDS,
        ...(resource === OPAQUE_RESOURCE
          ? { accessTokenFormat: 'opaque' }
          : { accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }),
      }),
    },
  },
});
// A failure would otherwise be an answer of 500 and nothing else.
provider.on('server_error', (_context, error) => console.error(error));

const server = provider.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ base_url: `http://127.0.0.1:${server.address().port}` }));
});
