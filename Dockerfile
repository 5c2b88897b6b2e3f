FROM node:20.20.2-bookworm-slim@sha256:2cf067cfed83d5ea958367df9f966191a942351a2df77d6f0193e162b5febfc0 AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY schemas schemas
COPY src src
RUN npm run build

# dist/reconcile.js holds all that it needs: no node_modules.
FROM node:20.20.2-bookworm-slim@sha256:2cf067cfed83d5ea958367df9f966191a942351a2df77d6f0193e162b5febfc0
ENV NODE_ENV=production
WORKDIR /opt/reconcile
COPY package.json ./
COPY schemas schemas
COPY examples examples
COPY --from=build /build/dist dist
# Manifests are mounted here.
WORKDIR /work
USER 1000:1000
ENTRYPOINT ["node", "/opt/reconcile/dist/reconcile.js"]
CMD ["--help"]
