# syntax=docker/dockerfile:1

# Both programs in one small image:
#
#   docker build --tag linerent .
#   docker run --rm linerent --help
#   docker run --rm --entrypoint linerent linerent demo
#   docker run --volume linerent:/var/lib/linerent linerent

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# Downloads and compiled dependencies stay in caches of the builder, so a change of the sources compiles the
# sources only. Caches are not part of the layer: the programs are copied out.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --bins \
    && install -D --target-directory=/out target/release/linerent target/release/linerentd

# The programs bring their own TLS roots, time zones and SQLite: they need the C library and nothing else.
FROM debian:bookworm-slim
COPY --from=build /out/ /usr/local/bin/
# With no configuration at all, the database and the mail go to `data` in the working directory: mount it.
RUN useradd --system --uid 10001 --home-dir /var/lib/linerent --create-home linerent
USER linerent
WORKDIR /var/lib/linerent
VOLUME /var/lib/linerent
ENTRYPOINT ["linerentd"]
