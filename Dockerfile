# One image for every role: ANVIL_Silo__Roles__0 and its like say which (docs/operations.md).
#
#   docker build -t anvil .                              compiles in the image SDK_IMAGE
#   docker build -t anvil --build-arg SILO=prebuilt .    takes artifacts/silo as deploy/setup made it
#
# BuildKit is needed (DOCKER_BUILDKIT=1 with older engines): stages that are not used are not built.
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0
ARG SILO=compiled

FROM ${SDK_IMAGE} AS compiled
WORKDIR /src
COPY Directory.Build.props Directory.Packages.props global.json .editorconfig ./
COPY src src
COPY content content
COPY deploy/postgres deploy/postgres
# Compiled in advance, as deploy/setup does: compiling is most of what a start costs.
RUN dotnet publish src/Silo -c Release --use-current-runtime --self-contained false -p:PublishReadyToRun=true -o /app

FROM scratch AS prebuilt
COPY artifacts/silo /app

FROM ${SILO} AS silo

FROM ${RUNTIME_IMAGE}
COPY --from=silo /app /app
# Cores and gateways run as this user. An edge runs as root with NET_BIND_SERVICE and NET_RAW alone: ports 67 and 69, and router advertisements.
# bsdtar reads ISOs; an image of your own without it explodes none.
RUN apt-get update && apt-get install -y --no-install-recommends libarchive-tools && rm -rf /var/lib/apt/lists/*
RUN mkdir -p /var/lib/anvil/files && chown -R 10001:10001 /var/lib/anvil
USER 10001:10001
ENV ANVIL_Silo__DataFolder=/var/lib/anvil DOTNET_EnableDiagnostics=0
VOLUME /var/lib/anvil
EXPOSE 67/udp 69/udp 4011/udp 8091 8092 11111
ENTRYPOINT ["/app/anvil-silo"]
