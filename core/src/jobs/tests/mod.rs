//! Jobs on small test sets: interrupted, in shards, merged, refused.

mod identity;
mod interruption;
mod place;
mod rationales;
mod shards;
