# syntax=docker/dockerfile:1

# Both programs in one small image, without root:
#
#   docker build --tag linerent .
#   docker run --rm linerent --help
#   docker run --rm --entrypoint linerent linerent demo
#   docker run --volume linerent:/var/lib/linerent --stop-timeout 45 linerent
#
# It needs BuildKit, the default of `docker build` since Docker 23. The last stage only copies files, so any image with
# a C library can be its base, even one without a shell: `--build-arg BASE=…`.

ARG RUST_VERSION=1.95
ARG BASE=debian:bookworm-slim

# The base of the programs must have the C library of the stage that compiles them, or a newer one.
FROM rust:${RUST_VERSION}-bookworm AS build
WORKDIR /src
COPY . .
# Downloads and compiled dependencies stay in the builder's caches. A layer with the dependencies only would be rebuilt
# whenever Cargo.lock changes; with caches, only what is new is compiled. Caches are not part of the image, so the
# programs are copied out.
#
# Cargo uses time stamps to see if sources have changed, and those of this checkout may be older than what another
# checkout left in the cache. So they are set to now. Otherwise the image could contain programs of other sources.
#
# Each platform has its own cache, and concurrent builds wait for each other.
ARG TARGETPLATFORM
RUN --mount=type=cache,id=linerent-registry,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,id=linerent-target-${TARGETPLATFORM},target=/src/target,sharing=locked \
    touch src/lib.rs crates/*/src/lib.rs \
    && cargo build --release --locked --bins \
    && install -D --target-directory=/out/bin target/release/linerent target/release/linerentd \
    && install -d --mode=750 /out/state \
    && install -d /out/share/bash-completion/completions \
    && /out/bin/linerent man /out/share/man/man1 \
    && /out/bin/linerent completions bash > /out/share/bash-completion/completions/linerent

# The programs bring their own TLS roots, time zones and SQLite: they need the C library and
# libgcc, which every such base has.
FROM ${BASE}
LABEL org.opencontainers.image.title="linerent" \
      org.opencontainers.image.description="Bills the monthly rental of virtual phone numbers" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /out/bin/ /usr/local/bin/
COPY --from=build /out/share/ /usr/local/share/
# With no configuration at all, the database and the mail go to `data` in the working directory: mount it.
COPY --from=build --chown=10001:10001 /out/state/ /var/lib/linerent/
# By number, so that the container runtime can verify that it is not root.
USER 10001:10001
WORKDIR /var/lib/linerent
VOLUME /var/lib/linerent
EXPOSE 9480
# The daemon may take `shutdown.grace_s` (30 s) to stop. Docker kills after 10 s, so `--stop-timeout` is needed.
STOPSIGNAL SIGTERM
# Asks the daemon over loopback if it is alive. This does not check the database (`probe --ready` does), because a
# restart would not help if that is unavailable.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["linerentd", "probe"]
ENTRYPOINT ["linerentd"]
