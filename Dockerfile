# syntax=docker/dockerfile:1

# Both programs in one small image, with nothing to install and nobody to become:
#
#   docker build --tag linerent .
#   docker run --rm linerent --help
#   docker run --rm --entrypoint linerent linerent demo
#   docker run --volume linerent:/var/lib/linerent --stop-timeout 45 linerent
#
# It needs BuildKit, which is what `docker build` has been since Docker 23. The last stage only copies, so any
# image with a C library will do as its base, one without a shell too: `--build-arg BASE=…`.

ARG RUST_VERSION=1.95
ARG BASE=debian:bookworm-slim

# The base of the programs must have the C library of the stage that compiles them, or a newer one.
FROM rust:${RUST_VERSION}-bookworm AS build
WORKDIR /src
COPY . .
# Downloads and compiled dependencies stay in caches of the builder. A layer of dependencies alone, compiled with
# empty sources, would begin anew with every line of Cargo.lock that changes; these caches compile what is new. They
# are no part of the image, so the programs are copied out.
#
# Cargo tells by time stamps whether our own sources have changed, and those of a checkout may be older than what
# another checkout has left in the cache. So they are made new: a program of other sources must not get out.
#
# Each platform has its own cache, and builds at once take turns.
ARG TARGETPLATFORM
RUN --mount=type=cache,id=linerent-registry,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,id=linerent-target-${TARGETPLATFORM},target=/src/target,sharing=locked \
    touch src/lib.rs \
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
# By number: who starts containers can tell that it is not root, whatever names the base knows.
USER 10001:10001
WORKDIR /var/lib/linerent
VOLUME /var/lib/linerent
EXPOSE 9480
# The daemon may take `shutdown.grace_s` to stop (30 s), and Docker kills after 10 s: hence `--stop-timeout`.
STOPSIGNAL SIGTERM
# Asks the daemon over loopback, wherever else it listens. Whether it can do its work, its database for example, is
# another question (`probe --ready`): a restart would not help.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["linerentd", "probe"]
ENTRYPOINT ["linerentd"]
