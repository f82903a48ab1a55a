//! Webhooks: a server that misbehaves in each way, and names and redirects that lead where they should not.

mod answering;
mod leading;
