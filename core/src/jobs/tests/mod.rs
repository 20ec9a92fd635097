//! Jobs on small test sets: interrupted, in shards, merged, refused.

#[cfg(feature = "templates")]
mod critiquing;
mod identity;
mod interruption;
mod place;
mod rationales;
#[cfg(feature = "templates")]
mod sampling;
mod shards;
