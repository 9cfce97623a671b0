"""The client SDK: `aio` is the source, `sync` is generated from it, the rest serves both."""
